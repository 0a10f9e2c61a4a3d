### What the console says. The same keys as ja.ftl.

## Frame

skip = Skip to content
nav = Rooms
language = Language
overview = Mail overview
log = Delivery log
queue = Queue
sandbox = Sandbox
domains = Sending domains
users = Accounts
sign-in = Sign in
sign-out = Sign out
signed-in-as = Signed in as
times-in = Time zone:
cancel = Cancel
copy = Copy
copied = Copied
any = Any
older = Older
newest = Back to the newest
pages = Pages
since = Since
and-more = and { $count } more
to-overview = To the first page
to-first-mail = How to send the first mail

## Sign-in

login = Login
password = Password
sign-in-wrong = Login or password is wrong.
sign-in-throttled = Too many tries have failed, so signing in is paused.
sign-in-come-back = You can try again from
sign-in-old-form = This page was open for too long to be accepted. Please enter it again.

## Where a delivery stands

status-queued = Queued
status-deferred = Deferred
status-succeeded = Delivered
status-failed = Failed
status-suppressed = Suppressed

## Time

span-seconds = { $n ->
    [one] { $count } second
   *[other] { $count } seconds
}
span-minutes = { $n ->
    [one] { $count } minute
   *[other] { $count } minutes
}
span-hours = { $n ->
    [one] { $count } hour
   *[other] { $count } hours
}
span-days = { $n ->
    [one] { $count } day
   *[other] { $count } days
}
span-now = now
span-ahead = in { $value }
span-ago = { $value } ago

## The promise board and statements

promises = Promises
board-lead = Every promise of the contracts in force, clause by clause, and how it stands now.
board-empty = No contract is kept yet.
board-begins = This contract begins on { $value }.
board-ended = This contract ended on { $value }.
board-clause = Clause
board-promise = Promise
board-state = State
board-left = Left, or next
board-statement = Statement
board-statement-now = Statement of this month
board-statement-last = Statement of the last month
standing-broken = Broken
standing-missed = Missed
standing-no-target = No target
standing-at-risk = At risk
standing-undetermined = Undetermined
standing-running = Running
standing-kept = Kept
standing-not-measured = Not measured
left-budget = { $a } of downtime left, of { $b } this month
left-at-most = { $a } of downtime left at most, of { $b } this month
left-figure = Uptime { $value }
left-bounds = Uptime from { $a } to { $b }
left-nothing-owed = Nothing is owed for { $value }
left-owed = { $a }: { $b }
left-over = The time to claim it is over
left-claim = Claim for { $a } by { $b }
left-claim-over = The claim for { $a } was due by { $b }
left-incident = incident { $a }: due { $b } ({ $value })
left-incidents = this month: { $a } met, { $b } late
board-incident = incident { $count }
left-in-window = Now: { $value }
left-next-window = Next: { $value }
left-always-open = 24 hours, 365 days
left-open-until = Open until { $value }
left-opens = Closed until { $value }
left-noticed = { $a } ({ $b }) was announced in time
left-notice-by = Announce by { $value }
left-not-noticed = Not announced by { $value }
left-told-late = Told by { $a } on { $b }; it was due by { $c }
left-told = Told on { $value }
left-tell-by = To be told by { $value }
left-not-told = Not told by { $value }
left-event = About what begins on { $value }
left-window = { $a }: { $b }
left-answers = { $a } of the answers came within { $b } this month
left-answers-of = { $a } of { $b } answers
left-provisional = May move with a holiday that is not published yet
print = Print
statement-title = Statement for { $value }
statement-provisional = As it stands on { $value }; it may change until the month is over.
statement-target = promised at least { $value }
statement-service = Service
statement-contract = Contract
statement-provider = Provider
statement-customer = Customer
statement-promise = Promise
statement-and = { $a }, { $b }
statement-promise-of = { $a } ({ $b })
statement-uptime = Uptime
statement-downtime = Downtime
statement-of = { $a } of { $b }
statement-gross = Before exclusions
statement-bounds = Uptime from
statement-from-to = { $a } to { $b }
statement-between = { $a } and { $b }
statement-coverage = Measured
statement-covered = { $a } (not measured: { $b })
statement-budget = Downtime left
statement-credit = Owed
statement-claim-by = Claim by
statement-outages = Outages of the service
statement-no-outages = No outages on record.
statement-when = When
statement-length = Length
statement-functions = Functions
statement-treatment = What became of it
statement-counted = Downtime that counts
statement-open = { $value } (still open)
statement-true-length = true length between { $value }
statement-partial = Functions that were down
statement-partial-note = The service as a whole was not down, so this is no downtime.
statement-taken = Excluded time
statement-findings = Findings
statement-foot = Versions of the contract in force: { $a }. Times are in { $b }.

## Overview

first-title = Send the first mail
first-lead-sandbox = Paste this line into a terminal. Mail of the sandbox never leaves this machine.
first-lead = Paste this line into a terminal to send the first mail.
first-see-sandbox = See what arrived, in the sandbox
first-see-domains = Add a sending domain to get signatures and DNS records
first-see-users = Add an API user to send from a program
smtp-addresses = SMTP at
graph = Deliveries
graph-span = Span
graph-text = Stacked bars of recipients by time: from the bottom delivered, deferred, failed, suppressed. The line is what was accepted. The figures are in the table below.
graph-figures = Show the figures
graph-from = From
span-1h = 1 hour
span-24h = 24 hours
span-7d = 7 days
span-40d = 40 days
count-accepted = Accepted
queue-all = By destination
busiest = Busiest recipient domains
busiest-domain = Domain
busiest-others = Other domains
busiest-none = No mail was accepted in this span.
custody-conserved = Adds up
custody-conserved-text = Every accepted recipient is accounted for.
custody-lost = Does not add up
custody-lost-text = Some recipients are not accounted for. Look into the log of the relay.

## Delivery log

log-lead = A row for each recipient, going back 40 days.
log-to = To
log-sender = From
log-reference = Reference
log-reference-hint = Message-ID, X-Api-Data, id
log-status = Status
log-from = Accepted from
log-until = Accepted until
log-search = Search
log-clear = Clear
log-accepted-at = Accepted
log-reply = Remote reply
log-bad-time = The time cannot be read. Enter it like 2026-11-22T09:00.
log-bad-span = The end of the span must be after its beginning.
log-nothing = Nothing has been delivered yet.
log-nothing-advice = Mail appears here a few seconds after it is accepted.
log-nothing-found = No delivery matches.
log-help-exact = An address is found only as a whole: records are encrypted, so parts cannot be searched.
log-help-domain = For all of a domain, enter it like @example.jp.
log-help-retention = Records older than 40 days are gone.
log-no-older = There is nothing older.
subject = Subject
no-subject = (no subject)
composition = Composition

## The story of one delivery

story = Story of this delivery
story-accepted = Accepted
story-accepted-text = Written to disk before it was acknowledged.
story-next = Next attempt
story-not-yet = Not tried yet
story-not-yet-text = Why it waits:
story-see-sandbox = Open in the sandbox
source-ip = Client
in-clear = in clear
node = Node
remote-host = Remote host
remote-address = Remote address
sender-ip = Our address
message = Message
header-from = From
envelope-sender = Envelope sender
envelope-recipients = Envelope recipients
size = Size
our-id = Our id
siblings = Other recipients of this message

## Queue

queue-lead = Mail that is not delivered yet, by destination, with the reason why it waits.
queue-destination = Destination
queue-waiting = Waiting
queue-ready = Ready
queue-in-flight = In flight
queue-deferred = Deferred
queue-connections = Connections
queue-oldest = Oldest
queue-next = Next attempt
queue-reason = Why it waits
queue-bytes = In custody
queue-sessions = Client sessions
queue-refusing = New mail is being refused:
queue-nothing = No mail is waiting.
queue-nothing-here = No mail waits for this destination.
queue-see-log = See the delivery log of this domain
queue-oldest-shown = { $n ->
    [one] The oldest message is shown.
   *[other] The oldest { $count } messages are shown.
}
queue-try-now = Try now
queue-give-up = Give up
queue-attempts = Attempts
queue-expires = Expires
queue-now = now
relay-down = The relay does not answer
relay-down-advice = Check that it is running and uses the same data folder as this console.
relay-down-meanwhile = Mail it has accepted is safe on disk; delivery goes on when it is back.
give-up-title = Give up this message?
give-up-text = The recipients that are left will fail, and the sender gets a bounce. This cannot be undone.

## Sandbox

sandbox-lead = Mail that the sandbox has taken. It never leaves this machine.
sandbox-at = Delivered
sandbox-nothing = No mail yet.
sandbox-nothing-advice = Mail sent to the sandbox is here within seconds.
sandbox-no-older = There is nothing older.
sandbox-empty = Empty the mailbox
sandbox-empty-title = Empty the mailbox?
sandbox-empty-text = All mail in the sandbox will be removed. The delivery log stays. This cannot be undone.
message-html-safe = Remote pictures and scripts are not loaded
message-html-frame = HTML of the mail
message-text = Text
message-no-text = This message has no text.
message-see-log = See it in the delivery log
signatures = DKIM signatures
signature-none = The message is not signed.
signature-none-advice = Add a sending domain, and its mail is signed.
signature-good = Verified
signature-bad = Not verified
signature-good-text = Signed by { $value }, and not changed since.
signature-bad-text = Says it is signed by { $value }, but that does not hold:
signature-selector = Public key at
envelope = Envelope
attachments = Attachments
headers = Header
source = View source
source-download = Download the source (.eml)
source-cut = Only the first 64 KiB are shown.

## Sending domains

domains-lead = Mail from these domains gets a DKIM signature.
domain = Domain
domain-add = Add
domain-keys = Signing keys
domains-nothing = No sending domain yet.
domains-nothing-advice = Adding one makes its signing keys and shows the records to publish in DNS.
domain-lead = Publish these records in DNS.
domain-remove = Remove
domain-remove-title = Remove { $value }?
domain-remove-text = Its signing keys are removed too, and its mail is no longer signed. Adding it again makes new keys.
record-spf = which servers send for the domain
record-dkim = public key that checks the signature
record-dmarc = what to do with mail that fails
record-name = Name
record-kind = Type
zone-file = Zone file
spf-without-addresses = This record names no address yet. Set source_addresses in [outbound] to the addresses this relay sends from before you publish it.
zone-file-text = All records, ready for a zone file.

## Accounts

users-lead = People who use this console, and programs that send over SMTP.
account-api-user = API user
account-administrator = Administrator
users-api-users-lead = Programs sign in over SMTP (AUTH) with these.
users-administrators-lead = They can sign in to this console.
users-nothing = None yet.
account-name = Name
account-add = Add
account-remove = Remove
account-change-password = Change password
account-remove-title = Remove { $value }?
account-remove-text = The account cannot sign in any more from this moment.
password-new = New password
password-rule-api-user = The name has the form of an address; the password has 8 characters or more, with letters and digits.
password-rule-administrator = The password has 12 characters or more.
password-ends-sessions = This ends every session of the account.

## What was done

done-tried = { $n ->
    [one] { $count } recipient is being tried.
   *[other] { $count } recipients are being tried.
}
done-given-up = { $n ->
    [one] { $count } recipient was given up.
   *[other] { $count } recipients were given up.
}
done-emptied = { $n ->
    [one] { $count } message was removed.
   *[other] { $count } messages were removed.
}
done-domain-added = The sending domain was added. Once the records are published, receivers can check its signatures.
done-domain-removed = The sending domain was removed.
done-account-added = The account was added.
done-account-removed = The account was removed.
done-password-changed = The password was changed.

## When a page cannot be shown

failure-nowhere = There is no such page
failure-nowhere-advice = The address is wrong, or the record is past its 40 days.
failure-forged = This was not accepted
failure-forged-advice = The page is out of date. Open it again and repeat what you did.
failure-too-large = Too much was sent
failure-too-large-advice = A form may have 1 MiB.
failure-unreadable = What was sent cannot be read
failure-unreadable-advice = Open the page again and repeat what you did.
failure-refused = This cannot be done
failure-records = The records cannot be reached
failure-slow = It took too long
failure-slow-advice = Narrow the span or the search and try again.
failure-lost = This page cannot be shown
failure-lost-advice = The cause is in the log of the server. Please open the page again in a while.

## Why something is refused

refused-login = A login has 1 to { $count } letters (a-z), digits, dots, hyphens, underscores or @.
refused-api-user-name = The name of an API user has the form of an address, such as api@example.jp.
refused-short-password = The password needs at least { $count } characters.
refused-plain-password = The password needs at least { $count } characters, with letters and digits.
refused-long-password = The password may have at most { $count } bytes.
refused-accounts-full = There are { $count } accounts. Remove one first.
refused-account-taken = { $value } exists already. Choose another name, or change its password.
refused-no-account = There is no account { $value }.
refused-last-administrator = { $value } is the last administrator. Add another one first.
refused-busy = Too many people are signing in at this moment. Please try again in a minute.
refused-domains-full = There are { $count } domains. Remove one first.
refused-domain-taken = { $value } is a sending domain already.
refused-no-domain = { $value } is not one of the sending domains.
refused-domain-not-ascii = Write { $value } in its ASCII form (xn--…). DNS and signatures know only that.
refused-not-a-domain = “{ $value }” is not a domain name. Enter it like example.jp.
refused-domain-empty = Enter a domain name like example.jp.
refused-rows = A page has up to { $count } rows.
refused-unknown-page = There is no such page. Begin with the first.
refused-part-of-address = Addresses are kept encrypted. Search for a whole address (taro@example.jp) or a whole domain (@example.jp).
refused-graph-span = A graph shows up to { $count } days.
refused-no-contract = There is no contract { $value } in the configuration.
refused-no-statement = There is no statement of { $value }: the contract was not in force, or has no such service.
refused-incidents-full = { $value } has as many open incidents as there may be. Close those that are over.
refused-timeline-full = The timeline of incident { $count } is full. Go on in a new incident.
refused-evidence-full = The records keep no more evidence of { $value }.
refused-too-much-evidence = There is too much evidence of { $value } to judge it. Take a log back with “yakusoku import --withdraw”.
refused-day-too-long = The log has too many measurements of { $value } on one day.
refused-log-too-long = A log may hold up to { $count } events. Import it in parts.
refused-window-of-nobody = Name at least one contract that the window concerns.
refused-window-length = A window ends after it begins and lasts up to { $count } days.
refused-window-over = The window is over. What was done then is told by importing a log.
refused-window-title = A title is one line of up to { $count } letters.
refused-no-window = There is no window { $value } that stands.
refused-window-begun = { $value } has begun and cannot be cancelled.
refused-nobody-to-tell = Nobody is told of { $value }. Add notify to its contract in the configuration.
refused-no-mail-courier = No courier carries the mail of { $value }. Add one of kind mail to the configuration.
refused-no-second-route = News of { $value } is about the relay and cannot travel through the relay alone. Add a mail courier with another server to the configuration.
refused-notice-subject = A subject is one line of up to { $count } letters.
refused-notice-text = A notice has a text of up to { $count } bytes.
refused-no-draft = Notice { $count } is not a draft: it was sent or dropped.
refused-no-notice = There is no notice { $count }.
refused-not-failed = Notice { $count } did not fail to be sent there.
refused-told-in-future = What was told by other means was told before now.
refused-check-name = The name of a check has 1 to { $count } lower-case letters (a-z), digits, hyphens or dots.
refused-check-by-configuration = A plugin runs a command with the rights of this program, so it belongs into the configuration.
refused-check-taken = There is a check { $value } already. Choose another name.
refused-no-check = There is no check { $value } that was added in the console.
refused-checks-full = There are { $count } checks already. Remove one first.
refused-nobody-looks = Nobody looks in this program. Start it with yakusoku up or yakusoku office.

## What the relay and others wrote down, word by word. $a and $b are values

ours-in-flight = being delivered now
ours-deferred = deferred
ours-due-again = due again, waits for a connection; last time { $a }
ours-not-tried = not tried yet, waits for a connection
ours-no-answer = { $a }: no answer
ours-spool-full = the mail spool is at its limit, try again later
ours-disk-full = insufficient system storage, try again later
ours-not-stored = the message could not be stored, try again later
ours-shutting-down = shutting down, try again later
ours-not-in-queue = { $a } is not in the queue, or is being delivered right now
ours-no-record = no record published
ours-bad-record = no usable record published
ours-body-changed = the body was changed after signing
ours-header-changed = a signed header field was changed, or the record holds another key
ours-signature-expired = the signature has expired
ours-key-withdrawn = the key was withdrawn
ours-part-signed = only a part of the body is signed (l=)
ours-not-judged = not judged
ours-sandbox = delivered to the sandbox mailbox
ours-sandbox-trouble = the sandbox mailbox cannot be written: { $a }
ours-unreadable = the message cannot be read from our disk for the moment
ours-fault = a fault of ours ended the delivery
ours-lost = the message was lost from our storage
ours-partly-given-up = { $a } recipients were given up and { $b } wait on: the sender cannot be told now
ours-damaged = the message was damaged in our storage and cannot be delivered
ours-gave-up = gave up after { $a } attempts; the last answer was: { $b }
ours-expired = gave up after { $a } attempts: its time is over
ours-by-operator = given up by the operator
ours-no-server = the destination has no server
ours-not-smtp = the server's answer is not SMTP
ours-no-smtp = the server does not speak SMTP
ours-connection-lost = the connection was lost: { $a }
ours-no-greeting = no greeting from the server: { $a }
ours-loop = mail for this destination would come back to us ({ $a })
ours-cannot-connect = cannot connect to { $a }: { $b }
ours-tls-failed = the TLS handshake failed: { $a }
ours-route-no-address = the configured server { $a } has no address
ours-dns-silent = DNS gives no answer about { $a }: { $b }
ours-dns-no-address = DNS gives no address for { $a }: { $b }
ours-no-mail-server = { $a } has no mail server
ours-no-domain = the domain { $a } does not exist
ours-no-mx-address = no mail server of { $a } has an address (looked for { $b })
ours-null-mx = the domain { $a } does not take mail (null MX)
ours-ascii-only = the next server does not take addresses outside ASCII
ours-too-big = the next server takes messages up to { $a } bytes
ours-timed-out = it did not answer in time
ours-refused = connection refused
ours-reset = connection reset
ours-closed = it closed the connection
ours-host-unreachable = host unreachable
ours-network-unreachable = network unreachable
ours-dns-answered = the name server answered { $a }
ours-dns-timed-out = request timed out
ours-dns-unreachable = no connections available

## Incidents

incidents = Incidents
incidents-lead = From the outage to the report. A timeline only grows; nothing in it is edited.
incidents-open = Open
incidents-none-open = There is no open incident.
incidents-none-advice = When a check or an imported log finds something down, an incident opens here by itself.
incidents-past = Earlier ones
incidents-no-contract = No contract is configured yet. Incidents are opened for the services of a contract.
incident-number = Number
incident-title = Title
incident-opened = Opened
incident-state = State
incident-next-due = Next due
incident-priority = Priority
incident-state-open = open
incident-state-recovered = recovered
incident-state-closed = closed
incident-state-merged = merged
incident-by-hand = Open by hand
incident-function = Function that is down
incident-function-none = Not said
incident-open-it = Open
incident-now = What to do now
incident-ended = Nothing is to be done.
incident-wait = Wait until { $value }.
incident-turn = { $a }, since { $b }
incident-late = { $value } late
incident-blocked = Blocked by contact
incident-blocked-tries = The emergency contact was tried { $count } times in vain.
incident-blocked-until = From { $value }, when the customer's hours begin, it goes on without.
incident-contacts = Emergency contacts
incident-no-contacts = There is no emergency contact: add emergency_contacts to the contract in the configuration.
incident-on-call = On call
incident-nobody = Nobody is on call: add [[oncall]] to the configuration.
incident-muted = muted until { $value }
incident-clocks = Clocks
incident-no-clocks = No clock runs.
incident-clock = Promise
incident-due = Due
incident-since = Since
incident-left = { $value } left
incident-over = { $value } over
incident-timeline = Timeline
incident-office = office
incident-taken-back = taken back
incident-take-back = Take back
incident-write = Write down
incident-publish = Public update (customers and status pages show it)
incident-publish-add = Publish
incident-note = Note
incident-note-add = Add note
incident-recognise = We know of it
incident-judge = Judge
incident-take-step = I took this step
incident-wait-for = Minutes it is given
incident-step-failed = Did not help: { $value }
incident-holds = Works
incident-holds-not = Does not work
incident-reached = Reached
incident-not-reached = No answer
incident-told = The customer was told
incident-channel = Channel
incident-reference = Proof of sending
incident-start-clock = Start a clock
incident-meet = Done
incident-await = Wait for the customer
incident-answered = The customer answered
incident-mute = Mute
incident-mute-minutes = Minutes
incident-recover = It has recovered
incident-close = Close
incident-other = Merge and split
incident-merge = Merge
incident-merge-into = Into number
incident-split = Split
incident-split-title = Title of the new one
incident-report = Incident report
incident-report-draft = Write the draft
incident-report-number = Report { $count }
report-version = Draft, version { $count }
report-lead = Times and course come from the timeline. Write the other parts, then issue it.
report-save = Save the draft
report-issue = Issue
report-issue-hint = What is issued does not change. A correction is a new report.
report-title-field = Title
report-summary = Summary
report-effect = Effect
report-cause = Cause
report-treatment = Treatment
report-prevention = Prevention
report-customer = Customer
report-provider = Provider
report-contract = Contract
report-functions = Affected
report-began = Began
report-recognised = Recognised
report-recovered = Recovered
report-course = Course
report-issued = Issued
report-corrects = It takes the place of report { $count }.
report-foot = SHA-256 { $a }. Times are in { $b }.
done-incident-opened = The incident was opened.
done-incident-written = It was written down.
done-report-saved = The draft was saved.
done-report-issued = The report was issued.
refused-no-incident = There is no incident { $count }. Look at the list.
refused-incident-closed = Incident { $count } is closed. Take that entry back first, or add a note.
refused-incident-busy = Others are writing into it. Look at it and try again.
refused-not-recovered = It has not recovered. Say so first, then close it.
refused-report-first = Its report is owed. Issue it first, then close the incident.
refused-still-down = { $value } is still seen down. It has recovered when it is seen up.
refused-no-function = The contract has no function { $value }.
refused-no-service = The contract has no such service.
refused-no-step = { $value } has no such step here. Look at what has its turn.
refused-step-recovered = It has recovered. No step is taken any more; take that entry back if it has not.
refused-step-taken = That step was taken before. Look at what has its turn.
refused-step-lost = The step needs { $value }, which does not hold. Look again and say so, or take another one.
refused-contact-first = It is outside the customer's hours. Reach the emergency contact first, and write down each try.
refused-no-clock = { $value } is no clock that can be started or met by hand here.
refused-priority = A priority is a number from 1, the most urgent, to { $count }.
refused-mute-backwards = The mute would be over already. Give a later time.
refused-not-taken-back = That entry cannot be taken back.
refused-not-then = That time is in the future or long before the incident.
refused-no-text = Write a few words.
refused-long-text = A text has at most { $count } characters.
refused-not-merged = Only two open incidents of one contract can be merged.
refused-not-split = Choose at least one function that is in the incident, and leave one.
refused-report-unfinished = A report is issued after the recovery, with every part filled in.
refused-draft-moved = Somebody else has changed the draft. Look at it and try again.
## Windows and notices
windows = Windows and notices
windows-nav = Maintenance
windows-lead = Planned maintenance and what customers are told. A window that is not announced in time counts as a stop.
windows-no-contract = Add a contract (no restart is needed)
windows-planned = Planned windows
windows-nothing = No window is planned.
windows-recurring = Recurring windows
windows-recurring-text = They follow from the contracts and need no notice.
contract = Contract
window = Window
window-plan = Plan a window
window-from = From
window-until = Until
window-title = Work
window-concerns = Concerns these contracts
window-zone = Times are in { $value }.
window-check = Check the lead times
window-leads = Lead times in force
window-also = These share a service or a probe with them and are not ticked:
window-plan-this = Plan this window
window-nobody-told = Nobody is told by that.
window-when = When
window-notice = Notice
window-planned = Planned
window-cancelled = Cancelled
window-cancel = Cancel the window
window-cancel-title = Cancel { $value }?
window-cancel-text = A window that moves is cancelled and planned anew. For customers who were told of it a notice is drafted.
window-backwards = The window ends before it begins. Exchange the two times.
window-draft = Draft the notices
window-draft-text = The drafts are shown here; nothing is sent yet.
lead-demands = The contract demands
lead-if-now = If it is announced now
lead-in-time = In time
lead-until = In time until { $value }
lead-too-late = Too late
lead-since = It was due by { $value }
lead-no-channel = No channel that counts
lead-channel-until = Over a channel that counts until { $value }
lead-no-promise = No promise
lead-counts = The window would count as a stop.
told-no-promise = No promise
told-no-deadline = No deadline
told-in-time = In time
told-by = By { $a } on { $b }
told-not-yet = Not yet
told-until = Due by { $value }
told-late = Late
told-wrong-channel = Wrong channel
told-missed = Not told
notices = Notices
notices-lead = What customers were told, by whom and when, with the answer of the server that took it.
notices-newest = Newest notices
notices-all = All notices
notices-nothing = Nobody was told anything yet.
notices-drafts = Drafts
notices-send = Send
notice = Notice
notice-about = About
notice-promise = Promise
notice-sending = Sending
notice-proof = Proof
notice-drafted = Drafted
notice-confirmed = Confirmed
notice-to = To
notice-write = Write a notice
notice-event = Begins or began
notice-event-text = The time is reckoned from there: when the change comes, or when the fault was.
notice-subject-usual = What it is about, and the services
notice-text = Text
notice-draft = Save as draft
notice-drop = Drop the draft
sending-draft = Draft
sending-queued = Queued
sending-sending = On its way
sending-sent = Sent
sending-failed = Failed
sending-by-itself = Recipient of { $value }
sending-next = Tried again
sending-maybe-twice = It may have been sent twice.
sending-retry = Try again
done-window-planned = The window is planned. Nobody was told yet.
done-window-cancelled = The window is cancelled.
done-window-cancelled-tell = { $n ->
    [one] The window is cancelled. { $count } notice is drafted for those who were told of it.
   *[other] The window is cancelled. { $count } notices are drafted for those who were told of it.
}
done-notices-drafted = { $n ->
    [one] { $count } notice is drafted. Nothing was sent yet.
   *[other] { $count } notices are drafted. Nothing was sent yet.
}
done-notices-confirmed = { $n ->
    [one] { $count } notice is being sent.
   *[other] { $count } notices are being sent.
}
done-notice-dropped = The draft is dropped.
## Checks
heard-good = Answers
heard-refused = Wrong answer
heard-silent = No answer
heard-unseen = Not seen
reason-timed-out = no answer in time
reason-no-such-name = the name has no address
reason-connection-refused = nobody listens on the port
reason-unreachable = the host cannot be reached
reason-closed = the connection ended too early
reason-tls-broken = TLS failed
reason-packets-lost = packets were lost
reason-no-beat = the other side has not called
reason-greeting = the server was not ready
reason-command-refused = a command was refused
reason-login-refused = name or password was not accepted
reason-login-method = no safe way to sign in is offered
reason-no-tls = TLS is not offered
reason-words-before-tls = plain text came before TLS began
reason-certificate-expired = the certificate has expired
reason-certificate-not-yet-valid = the certificate is not valid yet
reason-certificate-name = the certificate is for other names
reason-certificate-issuer = nobody trusted issued the certificate
reason-certificate-bad = the certificate is wrong
reason-certificate-ends-soon = the certificate ends soon
reason-old-tls = an old TLS version was accepted
reason-status = an unexpected HTTP status
reason-header = an unexpected header field
reason-content = unexpected content
reason-too-long = the content is too long
reason-redirect = too many redirects
reason-protocol = the answer is not the protocol
reason-dns-error = the name server answered with an error
reason-values = other DNS values than expected
reason-not-authoritative = not the zone's own name server
reason-above-limit = above the limit
reason-plugin-warning = the plugin warns
reason-plugin-critical = the plugin reports a critical state
reason-too-slow = right, but too slow
reason-resolver-failed = our resolver gave no answer
reason-forbidden = checks of the console may not look at this address
reason-own-trouble = a trouble of our own
reason-plugin-broken = the plugin did not run properly
reason-settings = the settings make no sense
reason-clock-skew = the node's clock is wrong
reason-too-early = too early to say
checks = Checks
checks-lead = What is looked at, how it answers now, and which promise it tells of.
checks-empty = Nothing is looked at yet.
checks-empty-add = Add a check of your service: its page, its mail server, its database.
checks-empty-look = See its first result at once.
checks-empty-name = Choose it on the measurement page of a contract, and the promise board moves with it, without a restart.
check = Check
check-add = Add a check
check-state = State
check-last = Last look
check-next = Next look
check-tells = Tells of
check-tells-nothing = No contract names it yet.
check-since = since { $value }
check-paused = Paused
check-not-yet = Not looked yet
check-every = Every
check-configured = This check is in the configuration. Change it there and restart.
check-name-it = Let a promise follow it
check-name-it-text = A contract that was added in the console needs no restart. For one of the configuration, write this line for the function that it tells of, and restart.
check-beat = Let the other side call this address of the console, with GET or POST, each time it has done its work:
check-edit = Change
check-pause = Pause
check-resume = Resume
check-remove = Remove
check-remove-title = Remove the check { $value }?
check-remove-text = It is no longer looked at. What it saw stays in the records for its time.
check-graph = Response time and failures
check-graph-text = Lines of the response time: the middle, and the one that 95 of 100 answers kept. Bars from below: the share of looks that failed. The figures are in the table below.
check-p50 = Median
check-p95 = 95th percentile
check-max = Longest
check-looks = Looks
check-failures = Failed
check-outages = Outages found
check-no-outages = None in this time.
check-still = still
check-last-looks = Last looks
check-no-looks = Nothing was seen in this time.
span-1y = 1 year
check-kinds-lead = What do you want to look at?
check-kinds-plugin = Commands (Nagios plugins) are added in the configuration.
check-group-web = Web
check-group-mail = Mail
check-group-network = Network
check-group-database = Databases
check-group-calls = The other side calls
way-http = Web page
way-ping = Ping
way-tcp = TCP connection
way-tls = TLS and certificate
way-smtp = SMTP server
way-smtp-send = SMTP: send a mail
way-pop3 = POP3 server
way-imap = IMAP server
way-ftp = FTP server
way-dns = Name server
way-postgres = PostgreSQL
way-mysql = MySQL / MariaDB
way-heartbeat = Heartbeat
way-plugin = Command (Nagios plugin)
check-new-title = New check: { $value }
check-edit-title = Change { $value }
check-name = Name
check-name-hint = Lower-case letters, digits, hyphens and dots.
check-url = Address of the page
check-host = Host name or address
check-port = Port (empty: the usual one)
check-tls = TLS
check-tls-none = none
check-tls-starttls = STARTTLS
check-tls-direct = from the first byte
check-user = User
check-keep-password = Leave it empty to keep the password. It must be typed again for another server or user.
check-any-certificate = Take any certificate
check-expect-body = Text that must be there
check-statuses = Right HTTP statuses
check-redirects = Redirects to follow
check-send = Text to send
check-expect = Text that must come
check-expect-value = The first value must be
check-days-left = Days that the certificate must have left
check-lowest-tls = Oldest TLS that may be accepted
check-from = Sender
check-to = Recipient
check-name-server = Name server
check-ask = Name to ask for
check-record = Type
check-values = Values, with commas between
check-authoritative = It must be one of the zone’s own
check-database = Database
check-query = Query
check-within = Longest time between two calls, in seconds
check-every-seconds = Look every … seconds
check-timeout = Give up after … milliseconds
check-sites = Sites, with commas (empty: office alone)
check-site = Site
check-seen-from = (from { $value })
check-sites-text = How many sites must see it down stands under “sites” of the contract's function. A site that could not look counts neither as up nor as down.
check-slow-after = Too slow after … milliseconds (empty: never)
check-look = Look now
check-add-look = Look and add
check-store = Save
check-forbidden-hint = To look into private networks from the console, set allow_private = true under [watch] in the configuration.
check-missing = “{ $value }” is missing.
check-unknown = “{ $value }” cannot be understood.
check-bad-name = The name is empty or too long.
check-bad-every = Look every 1 to 86,400 seconds.
check-bad-timeout = Give up after 100 to 300,000 milliseconds.
check-bad-within = The time between two calls may be 1 second to 31 days.
check-bad-ping = A ping sends 1 to 20 requests and may lose fewer than it sends.
check-bad-line-end = Names, passwords and addresses have no line ends in them.
done-check-added = The check was added.
done-check-changed = The check was changed.
done-check-paused = The check rests. Until it is resumed nothing is known of its target.
done-check-resumed = The check looks again.
done-check-removed = The check was removed.

machines = Machines
machines-lead = What stands away from the office, when it was last heard, and what is wrong there.
machines-empty = No machine dials in yet.
machines-empty-listen = Give the office a listener for stations: listen in [link] of the configuration.
machines-empty-add = Add a station. Its token is printed once.
machines-empty-start = Put the token on the machine and start yakusoku agent there.
machines-silent = { $n ->
    [one] One machine is silent.
   *[other] { $count } machines are silent.
}
machine = Machine
machine-well = Well
machine-trouble = Trouble
machine-silent = Silent
machine-never-heard = Never heard
machine-revoked = Revoked
machine-silent-text = Nothing was heard of this machine since { $value }. What it shows is not how it is now.
machine-revoked-text = Its token was revoked:
machine-heard = Last heard
machine-read = Last reading
machine-fullest = Fullest disk
machine-wrong = What is wrong
machine-contracts = Kept under
machine-no-contracts = no contract, so no threshold counts
machine-crossings = Thresholds that are reached
machine-partitions = Partitions
machine-disk = Disk
machine-space = Space
machine-inodes = Inodes
machine-no-inodes = no table of inodes
machine-limit = told at { $value }
machine-free = free { $value }
machine-states = Units, processes, arrays
machine-no-states = Nothing is watched.
machine-changes = What changed in 7 days
machine-no-changes = Nothing changed.
machine-unit = Unit
machine-process = Process
machine-raid = RAID
machine-database = Database
machine-log = Log
machine-logs = Collected logs, 48 hours
machine-no-logs = No log is collected.
machine-orders = Orders
machine-no-orders = No order was given.
machine-graphs = Graphs
machine-no-readings = No readings have arrived yet.
station-agent = Agent
station-node = Node
state-good = Good
state-bad = Bad
state-unknown = Unknown
log-read = read
log-trouble = with trouble
log-missing = missing
log-to-come = still to come
log-lines = { $n ->
    [one] 1 line
   *[other] { $count } lines
}
log-trouble-lines = { $n ->
    [one] 1 line of trouble
   *[other] { $count } lines of trouble
}
log-missing-hours = { $n ->
    [one] 1 hour is missing
   *[other] { $count } hours are missing
}
log-none-missing = nothing is missing in { $count } hours
log-last-trouble = The newest trouble
order = Order
order-given = Given
order-by = By
order-said = What became of it
order-action = Action
order-give = Give the order
order-text = The machine does it at once, if its own list allows it.
order-no-actions = This machine has told of no action that it allows.
order-incident = Incident { $count }
order-waiting = Waiting
order-fetched = Fetched
order-done = Done
order-failed = Failed
order-refused = Refused
order-unknown = Unknown
order-expired = Expired
done-order-given = The order is given.
graph-mean = Mean
graph-highest = Highest
graph-undrawn = { $n ->
    [one] 1 more series is not drawn.
   *[other] { $count } more series are not drawn.
}
series-load-1 = Load, 1 minute
series-load-5 = Load, 5 minutes
series-load-15 = Load, 15 minutes
series-uptime = Up since, in seconds
series-cpu-busy = Processors, busy
series-cpu-waiting = Processors, waiting for disks
series-cpu-stolen = Processors, taken by the host
series-memory-used = Memory in use
series-memory-available = Memory available
series-memory-total = Memory in all
series-swap-used = Swap in use
series-swap-total = Swap in all
series-disk-used = Disk { $value }, in use
series-disk-free = Disk { $value }, free
series-disk-size = Disk { $value }, size
series-inodes-used = Disk { $value }, inodes in use
series-inodes-free = Disk { $value }, inodes free
series-net-in = Network { $value }, in
series-net-out = Network { $value }, out
series-database-size = Database { $value }, size
series-database-used = Database { $value }, in use
series-process = Processes { $value }

refused-link-off = Stations cannot dial this office: add listen in [link] to the configuration.
refused-station-name = The name of a station has 1 to { $count } letters (a-z, A-Z), digits, dots, hyphens or underscores.
refused-station-site = A site is one line of up to { $count } letters.
refused-station-contracts = A machine is kept under up to { $count } contracts.
refused-station-taken = There is a station { $value } already.
refused-station-other-kind = { $value } was a station of the other kind. Choose another name.
refused-no-station = There is no station { $value }.
refused-station-revoked = { $value } is revoked. Add it again for a new token.
refused-not-an-agent = { $value } is a node and takes no orders.
refused-action-name = The name of an action has 1 to { $count } letters (a-z, A-Z), digits, dots, hyphens or underscores.
refused-orders-waiting = Too many orders wait for { $value } already. It does not fetch them.
refused-no-order = There is no order { $count }.

## Adding contracts

guide-title = To begin
guide-lead = Four steps to the first live promise, without a configuration file and without a restart.
guide-done = done
guide-contract = Add a contract
guide-contract-text = What was promised, to whom, how much of it. Choose a template or fill in a short form.
guide-check = Add a check
guide-check-text = A check looks at the function that was promised. Its first result shows at once.
guide-measure = Let the check measure the function
guide-measure-text = Decide which check tells whether a function of the contract is up.
guide-measure-do = Decide
guide-live = See the promise live
guide-live-text = With the first measurement the availability and the downtime that is left stand here.
contract-add = Add a contract
contract-add-lead = The numbers of a contract become data. It is kept in the data folder and in force at once.
contract-own = Write one of your own
contract-service = Name of the service
contract-service-example = Order site
contract-name = Name of the contract
contract-name-hint = For commands and addresses: lower-case letters, digits, hyphens and dots.
contract-provider = Provider
contract-customer = Customer
contract-function = Name of the function to watch
contract-function-hint = Such as web or smtp. Measurements are recorded under this name.
contract-target = Monthly availability, at least (%)
contract-month = What a month is
contract-month-calendar = The calendar month
contract-month-operating = The calendar month less planned stops
contract-month-fixed = 43,200 minutes in every month
contract-notice = Notice of planned stops (days ahead)
contract-notice-hint = Empty or 0: nothing is promised about it. A stop that was announced in time does not count.
contract-start = First day
contract-add-it = Add this contract
contract-templates = Choose a template
contract-by-file = A contract file can be added on the command line too.
contract-template-lead = This is what the template promises. Give it a name, a customer and a first day.
contract-template-hint = What is left empty stays as the template says.
contract-group = Kind
measure = Measurement
measure-lead = Choose for each function of the contract what tells whether it is up. A function without one is judged by imported logs alone.
measure-configured = This contract is in the configuration: its measurement is decided there, under [contract.measure].
measure-probe-smtp = Our own SMTP listener, once a minute
measure-probe-console = Our own console, once a minute
measure-check = Check { $value }
measure-nothing = Nothing
measure-new-check = Add a check for this function
measure-store = Decide
measure-see = See the promises
done-contract-added = The contract was added. Now decide what measures its functions.
done-contract-measured = Decided. With the first measurement its state stands here.
done-check-bound = The check was added and measures the function of the contract.
check-name-it-here = This check can be chosen on the measurement page of a contract.
refused-contract-wrong = It cannot be added like this: { $value }
refused-contract-taken = There is a contract { $value } already: choose another name.
refused-contracts-full = At most { $count } contracts can be added.
refused-contract-configured = { $value } is in the configuration: decide there what measures it.
refused-no-source = There is no check { $value }: add it first.
refused-no-contract-folder = This office cannot keep contracts: write it into the configuration.
refused-contracts-changed = Contracts changed { $count } times since the start: restart.
failure-no-font = There is no font for PDF documents
failure-no-font-advice = Install fonts-morisawa-bizud-gothic (Debian), or name a font in the configuration under [documents] font.
on-call = On call
on-call-lead = Who is called when something has its turn, and what is done before that by itself.
on-call-people = Our people, in the order in which they are called now
on-call-patience = Whoever does not answer within { $value } is followed by the next one.
on-call-name = Name
on-call-over = Called over
on-call-mail = mail
on-call-turn = Turn begins
on-call-now = on call
on-call-contract = Contract
runbooks = Runbooks
runbooks-none = There is no runbook: add [[runbook]] to the configuration.
runbook = Runbook
runbook-answers = Answers
runbook-answers-any = anything that is down
runbook-steps = Steps
runbook-step = Step
runbook-act = By hand
runbook-order = Order to { $a }: { $b }
runbook-call = Call whoever is on call
runbook-did = Done
runbook-begin = Begin now
runbook-skip = Leave out
runbook-stop = Stop the runbook
runbook-resume = Let it go on
runbook-stopped = stopped
runbook-not-yet = not yet
runbook-under-way = under way
runbook-pending = waits for the station
runbook-carried = carried out
runbook-failed = not carried out: { $value }
runbook-unknown = nobody knows whether it was carried out; it is not given again
runbook-order-stands = Order { $a }: { $b }
runbook-until = waiting until { $value }
calls = Calls
call-entry = Entry
call-to = Over, to
call-answer = Answer
call-waits = waits
call-on-its-way = on its way
call-sent = sent
call-failed = failed
call-twice = maybe twice
alert-doors = Doors for alerts
alert-doors-none = No other program tells of alerts here: add [[alerts]] to the configuration.
alert-doors-lead = Alertmanager posts to the address below that of this console; whoever knows it can open incidents.
alert-door = Name
alert-resolved = When resolved
alert-by-person = a person says that it has recovered
alert-by-itself = it has recovered
alert-address = Address
incident-acknowledge = I see to it
refused-no-runbook-step = Step { $count } of the runbook cannot be done or left out here. Look at the runbook.
check-target = promised response time { $value }
## status pages
status-pages = Status pages
status-up = Up
status-down = Down
status-maintenance = Maintenance
status-unknown = Not known
status-all-up = Everything is up
status-some-down = Something is down
status-some-maintenance = Maintenance is under way
status-some-unknown = The state of some functions is not known
status-at = As of
status-stale = If that is more than { $n ->
    [one] a minute
   *[other] { $n } minutes
  } ago, this page is no longer current.
status-partial = Some functions cannot be judged at the moment.
status-open-incidents = Open incidents
status-past-incidents = Incidents of the last 90 days
status-no-past = None.
status-functions = Functions
status-since = Since
status-days-ago = 90 days ago
status-today = Today
status-never-down = Never down
status-none-seen = No downtime seen
status-down-sum = { $n ->
    [one] Down on one day, { $value }
   *[other] Down on { $n } days, { $value } in all
  }
status-unknown-sum = ; not known for { $value }
status-figures = Availability this month
status-bounds = { $a } to { $b }
status-target = (promised: { $value })
status-windows = Maintenance windows
status-no-windows = None is planned.
status-runs = Under way
status-provisional = (may move with a holiday)
status-from = Began:
status-until = Over:
status-over = Over: { $value }
status-began = Began: { $value }
status-notice-sent = Customers were sent a notice
status-incident = Incident
status-incident-of = Incident: { $value }
status-window-of = Maintenance: { $value }
status-changed = Last change:

## customers
refused-customer-of-nothing = Choose at least one contract that the customer may see.
refused-customer-checks-full = There are { $count } checks already: remove one first.
refused-check-pace = Choose a pace of { $count } seconds or more.
refused-check-mapped = The check { $value } counts for a contract: ask us to change it.
customer-nothing = There is no contract for you to see.
customer-nothing-advice = Ask whoever looks after your contract.
customer-incidents-lead = Incidents of the services under your contracts, and what was published of them.
customer-no-incidents = No incidents in the last 90 days.
customer-updates = Updates
customer-no-updates = Nothing was published yet.
customer-notices-lead = What was sent to you, with the proof of sending.
check-of-customer = check of the customer of { $value }
account-customer = Customer
users-customers-lead = Sees the chosen contracts alone: promises, statements, published incidents, windows, notices and checks.
account-contracts = Contracts
account-contracts-change = Change the contracts
done-contracts-changed = The contracts were changed.
customer-windows = Windows

stale = The connection is cut. This is how it was at HH:MM:SS
standing-watched = looked at
left-looked = last look { $a }, every { $b }
board-down = down now
board-down-since = { $a }, since { $b }
board-open = open
board-quiet = { $n ->
    [one] { $count } promise that is not measured, or is always open
   *[other] { $count } promises that are not measured, or are always open
}
incidents-open-now = open incidents
failure-no-statement-advice = There is no statement of this contract for that month: it is before the contract began, after it ended or still ahead, or there is no such service.
check-blind = Not looked at meanwhile
log-before = before collection
left-measured-from = measured from { $value } on; nobody looked before, so the figure has bounds
left-unseen = nobody looked for some of the time, so the figure has bounds
words-not-there = the words are not there
words-is-read = is read
words-runs = runs
words-does-not-run = does not run
words-killed = killed by a signal
words-time-over = killed, since its time was over
words-exit-status = exit status { $value }
report-issue-title = Issue the report as it stands here?
report-issue-text = A report that was issued cannot be changed. To correct it, a new one is issued.
