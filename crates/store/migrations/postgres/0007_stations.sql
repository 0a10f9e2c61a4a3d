-- Stations: agents and nodes away from the office. Of the secret in a station's token only the SHA-256
-- is kept. `contracts` has a name a line. `latest` has the newest value of each of its series, packed.
-- A station that is added again after it was revoked goes on with its number, so its orders never count
-- from the start.
CREATE TABLE station (
  number BIGINT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  site TEXT,
  contracts TEXT NOT NULL,
  token_id TEXT NOT NULL UNIQUE,
  digest BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT,
  seen_at BIGINT,
  order_number BIGINT NOT NULL,
  latest BYTEA
);
-- The last batch of each kind of body that was taken from a station: one that comes again is not
-- recorded twice.
CREATE TABLE station_stream (
  station BIGINT NOT NULL,
  stream TEXT NOT NULL,
  taken BIGINT NOT NULL,
  PRIMARY KEY (station, stream)
);
-- Numbers for the names of a station's values, so that a value costs a few bytes.
CREATE TABLE reading_series (
  station BIGINT NOT NULL,
  number BIGINT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (station, number),
  UNIQUE (station, name)
);
-- Readings as they came in, packed; from here they are folded into `reading_hour`.
CREATE TABLE reading_batch (
  batch BIGINT PRIMARY KEY,
  station BIGINT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  packed BYTEA NOT NULL
);
CREATE INDEX reading_batch_station ON reading_batch (station, last_at);
-- The readings of a station in one hour (since 1970-01-01T00:00Z), packed.
CREATE TABLE reading_hour (
  station BIGINT NOT NULL,
  hour BIGINT NOT NULL,
  packed BYTEA NOT NULL,
  PRIMARY KEY (station, hour)
);
-- What the readings of one hour came to, each series with its lowest, mean and highest value, packed.
CREATE TABLE reading_figure (
  station BIGINT NOT NULL,
  hour BIGINT NOT NULL,
  packed BYTEA NOT NULL,
  PRIMARY KEY (station, hour)
);
-- How units, processes and arrays of disks are now, and each change.
CREATE TABLE station_state (
  station BIGINT NOT NULL,
  name TEXT NOT NULL,
  state BIGINT NOT NULL,
  detail TEXT NOT NULL,
  since_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (station, name)
);
CREATE TABLE station_change (
  station BIGINT NOT NULL,
  name TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  state BIGINT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (station, name, changed_at)
);
-- Logs that were collected, a row for each slot of time. `sealed` has the lines of trouble; lines name
-- people. `gap` is 1 where nobody read in a part of the slot.
CREATE TABLE log_slot (
  station BIGINT NOT NULL,
  source TEXT NOT NULL,
  slot_from BIGINT NOT NULL,
  slot_until BIGINT NOT NULL,
  line_total BIGINT NOT NULL,
  byte_total BIGINT NOT NULL,
  trouble_total BIGINT NOT NULL,
  gap BIGINT NOT NULL,
  sealed BYTEA,
  PRIMARY KEY (station, source, slot_from)
);
CREATE INDEX log_slot_time ON log_slot (station, slot_from);
-- Orders and what became of them. Who gave an order and what it printed are sealed.
CREATE TABLE station_order (
  id BIGINT PRIMARY KEY,
  station BIGINT NOT NULL,
  number BIGINT NOT NULL,
  action TEXT NOT NULL,
  incident BIGINT,
  issued_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  given_by BYTEA NOT NULL,
  fetched_at BIGINT,
  outcome TEXT,
  started_at BIGINT,
  ended_at BIGINT,
  detail BYTEA,
  UNIQUE (station, number)
);
CREATE INDEX station_order_incident ON station_order (incident);
-- Spans in which a use stood at or above a threshold of a contract. `until_at` is the first reading
-- below it again; `worst` in per mille.
CREATE TABLE threshold_crossing (
  station BIGINT NOT NULL,
  contract TEXT NOT NULL,
  promise TEXT NOT NULL,
  used_of TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  until_at BIGINT,
  at_least BIGINT NOT NULL,
  worst BIGINT NOT NULL,
  PRIMARY KEY (station, contract, promise, used_of, from_at)
);
CREATE INDEX threshold_crossing_last ON threshold_crossing (last_at);
