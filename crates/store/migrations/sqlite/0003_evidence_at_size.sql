-- The newest measurement of all is asked for before each one, and a month is read by its last.
CREATE INDEX observation_last ON observation (last_at);
-- Measurements that stand on no even pace take many lines: a day of them is kept in several parts,
-- from 0 on, so that no row grows without limit.
ALTER TABLE measured_day RENAME TO measured_day_whole;
CREATE TABLE measured_day (
  contract TEXT NOT NULL,
  day BIGINT NOT NULL,
  function TEXT NOT NULL,
  site TEXT NOT NULL,
  part BIGINT NOT NULL,
  lines TEXT NOT NULL,
  imported_at BIGINT NOT NULL,
  PRIMARY KEY (contract, day, function, site, part)
) WITHOUT ROWID;
INSERT INTO measured_day (contract, day, function, site, part, lines, imported_at)
  SELECT contract, day, function, site, 0, lines, imported_at FROM measured_day_whole;
DROP TABLE measured_day_whole;
