-- When each check was to be looked at from where: a site is blind where it was to look and did not, and
-- no site at all before it was asked and after it was left out. `until_at` is empty while it still is.
CREATE TABLE check_site (
  check_name TEXT NOT NULL,
  site TEXT NOT NULL,
  since_at BIGINT NOT NULL,
  until_at BIGINT,
  PRIMARY KEY (check_name, site, since_at)
);
