-- The newest measurement of all is asked for before each one, and a month is read by its last.
CREATE INDEX observation_last ON observation (last_at);
-- Measurements that stand on no even pace take many lines: a day of them is kept in several parts,
-- from 0 on, so that no row grows without limit.
ALTER TABLE measured_day ADD COLUMN part BIGINT NOT NULL DEFAULT 0;
ALTER TABLE measured_day DROP CONSTRAINT measured_day_pkey;
ALTER TABLE measured_day ADD PRIMARY KEY (contract, day, function, site, part);
