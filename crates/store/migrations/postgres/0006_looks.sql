-- Numbers for the names of checks, so that a look costs a few bytes.
CREATE TABLE check_number (
  number BIGINT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
-- Looks as they came in, packed, a row for each time they were recorded. From here they are folded
-- into `look_hour`; until then a restart reads here what it has not noted in `observation`.
CREATE TABLE look_batch (
  batch BIGINT PRIMARY KEY,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  packed BYTEA NOT NULL
);
-- The looks of one check in one hour (since 1970-01-01T00:00Z), packed.
CREATE TABLE look_hour (
  check_number BIGINT NOT NULL,
  hour BIGINT NOT NULL,
  packed BYTEA NOT NULL,
  PRIMARY KEY (check_number, hour)
);
-- What the looks of one check in one hour came to. Milliseconds are of looks that were answered.
CREATE TABLE look_figure (
  check_number BIGINT NOT NULL,
  hour BIGINT NOT NULL,
  looks BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  unseen BIGINT NOT NULL,
  p50_ms BIGINT NOT NULL,
  p95_ms BIGINT NOT NULL,
  max_ms BIGINT NOT NULL,
  PRIMARY KEY (check_number, hour)
);
-- Checks that were added in the console: what they look at, sealed, since there are passwords in it.
-- A check that is paused since an instant is not looked at.
CREATE TABLE watched_check (
  name TEXT PRIMARY KEY,
  sealed BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  paused_at BIGINT
);
-- From here on `answer` of `observation` may be 3: the watcher could not look, and nothing is known.
