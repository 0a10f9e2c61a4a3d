//! When each check was to be looked at from where.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{Any, Transaction};

use crate::looks::probe_of;
use crate::{Result, Store, column, instant, sql};

/// A span in which a check was to be looked at from a site.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckSite {
    /// The check.
    pub check: String,
    /// From where.
    pub site: String,
    /// From when on.
    pub since: Timestamp,
    /// Until when; `None`: it still is.
    pub until: Option<Timestamp>,
}

/// A check and a site that is to look at it from now on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// The check.
    pub check: String,
    /// From where.
    pub site: String,
    /// The name under which looks from there are kept.
    pub series: String,
}

impl Store {
    /// Every span, by check and site; those that ended too.
    ///
    /// # Errors
    /// When the records fail.
    pub async fn check_sites(&self) -> Result<Vec<CheckSite>> {
        let rows = sqlx::query(
            "SELECT check_name, site, since_at, until_at FROM check_site \
             ORDER BY check_name, site, since_at",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(sql("read the sites of checks"))?;
        rows.iter().map(check_site).collect()
    }

    /// From now on exactly these sites look: what is not among them ends now, and what is new begins now,
    /// or with its first run when it has looked before anybody noted it.
    ///
    /// # Errors
    /// When the records fail; then nothing has changed.
    pub async fn set_check_sites(&self, wanted: &BTreeSet<Wanted>, now: Timestamp) -> Result<()> {
        const DOING: &str = "note the sites of checks";
        let known = self.check_sites().await?;
        let asked: BTreeSet<(&str, &str)> =
            wanted.iter().map(|it| (it.check.as_str(), it.site.as_str())).collect();
        let ever: BTreeSet<(&str, &str)> =
            known.iter().map(|it| (it.check.as_str(), it.site.as_str())).collect();
        let mut open = BTreeSet::new();
        let mut ended = Vec::new();
        for site in known.iter().filter(|site| site.until.is_none()) {
            let key = (site.check.as_str(), site.site.as_str());
            if asked.contains(&key) {
                open.insert(key);
            } else {
                ended.push(site);
            }
        }
        let new: Vec<&Wanted> = wanted
            .iter()
            .filter(|it| !open.contains(&(it.check.as_str(), it.site.as_str())))
            .collect();
        if new.is_empty() && ended.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin(DOING).await?;
        for site in ended {
            sqlx::query(
                "UPDATE check_site SET until_at = $1 \
                 WHERE check_name = $2 AND site = $3 AND until_at IS NULL",
            )
            .bind(now.as_microsecond())
            .bind(site.check.as_str())
            .bind(site.site.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
        }
        for site in new {
            let first = match ever.contains(&(site.check.as_str(), site.site.as_str())) {
                true => None,
                false => first_run(&mut transaction, &site.series).await?,
            };
            sqlx::query(
                "INSERT INTO check_site (check_name, site, since_at) VALUES ($1, $2, $3) \
                 ON CONFLICT (check_name, site, since_at) DO UPDATE SET until_at = NULL",
            )
            .bind(site.check.as_str())
            .bind(site.site.as_str())
            .bind(first.unwrap_or(now.as_microsecond()))
            .execute(&mut *transaction)
            .await
            .map_err(sql(DOING))?;
        }
        transaction.commit().await.map_err(sql(DOING))
    }
}

/// The first instant of what looks under that name came to, in microseconds.
async fn first_run(
    transaction: &mut Transaction<'static, Any>,
    series: &str,
) -> Result<Option<i64>> {
    const DOING: &str = "find the first run of a check";
    let row = sqlx::query("SELECT MIN(first_at) AS first_at FROM observation WHERE probe = $1")
        .bind(probe_of(series))
        .fetch_one(&mut **transaction)
        .await
        .map_err(sql(DOING))?;
    column(&row, "first_at", DOING)
}

fn check_site(row: &AnyRow) -> Result<CheckSite> {
    const DOING: &str = "read a site of a check";
    let until: Option<i64> = column(row, "until_at", DOING)?;
    Ok(CheckSite {
        check: column(row, "check_name", DOING)?,
        site: column(row, "site", DOING)?,
        since: instant(column(row, "since_at", DOING)?),
        until: until.map(instant),
    })
}
