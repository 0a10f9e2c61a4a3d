-- Maintenance that a person planned. A window is never moved: another one is planned and this one is
-- cancelled. Bodies are sealed, since they name people. `cancelled_at` is 0 while it stands.
CREATE TABLE planned_window (
  number BIGINT NOT NULL PRIMARY KEY,
  from_at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  sealed BYTEA NOT NULL,
  planned_at BIGINT NOT NULL,
  cancelled_at BIGINT NOT NULL,
  cancelled_by BYTEA
);
CREATE INDEX planned_window_until ON planned_window (until_at);
-- Whose contracts a window concerns.
CREATE TABLE window_contract (
  contract TEXT NOT NULL,
  number BIGINT NOT NULL,
  PRIMARY KEY (contract, number)
);
-- What is told to one customer over one channel. `plan` is the number of a planned window, 0 for
-- news of another kind; `event_at` is what its time is reckoned from. `confirmed_at` is 0 for a draft.
CREATE TABLE notice (
  number BIGINT NOT NULL PRIMARY KEY,
  contract TEXT NOT NULL,
  about TEXT NOT NULL,
  plan BIGINT NOT NULL,
  event_at BIGINT NOT NULL,
  channel TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  drafted_at BIGINT NOT NULL,
  confirmed_at BIGINT NOT NULL,
  confirmed_by BYTEA
);
CREATE INDEX notice_contract ON notice (contract, event_at);
CREATE INDEX notice_plan ON notice (plan);
-- The outbox: one row for each recipient of a notice. `state` is 0 for a draft, 1 queued, 2 being
-- sent, 3 sent, 4 failed; `twice` is 1 when an attempt ended without our knowing what came of it and
-- another one was made. `answer` is what the other side said, sealed; `answered_at` when, 0 for never.
CREATE TABLE sending (
  notice BIGINT NOT NULL,
  place BIGINT NOT NULL,
  courier TEXT NOT NULL,
  recipient BYTEA NOT NULL,
  state BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  twice BIGINT NOT NULL,
  answered_at BIGINT NOT NULL,
  answer BYTEA,
  PRIMARY KEY (notice, place)
);
CREATE INDEX sending_due ON sending (state, due_at);
