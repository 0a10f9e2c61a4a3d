-- Contracts that an account of kind 2, a customer, belongs to. He sees these and nothing else.
CREATE TABLE customer_contract (
  name_index BLOB NOT NULL,
  contract TEXT NOT NULL,
  PRIMARY KEY (name_index, contract)
) WITHOUT ROWID;
-- A check that a customer made belongs to one of his contracts; the provider's belong to none.
ALTER TABLE watched_check ADD COLUMN contract TEXT;
