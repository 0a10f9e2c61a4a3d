-- A notice of an incident names it; `phase` is 'began' or 'recovered', empty for other news.
ALTER TABLE notice ADD COLUMN incident BIGINT NOT NULL DEFAULT 0;
ALTER TABLE notice ADD COLUMN phase TEXT NOT NULL DEFAULT '';
CREATE INDEX notice_incident ON notice (incident);
-- Calls of our own people: one row for each way to reach somebody, written together with the entry of
-- the timeline that says that he is called. States are those of `sending`.
CREATE TABLE incident_call (
  incident BIGINT NOT NULL,
  entry BIGINT NOT NULL,
  place BIGINT NOT NULL,
  courier TEXT NOT NULL,
  recipient BLOB NOT NULL,
  sealed BLOB NOT NULL,
  state BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  twice BIGINT NOT NULL,
  answered_at BIGINT NOT NULL,
  answer BLOB,
  PRIMARY KEY (incident, entry, place)
) WITHOUT ROWID;
CREATE INDEX incident_call_due ON incident_call (state, due_at);
