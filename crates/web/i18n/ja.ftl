### コンソールの文言。en.ftl と同じキーを持つ。

## 枠

skip = 本文へ移動
nav = メニュー
language = 表示言語
overview = メールの概要
log = 配信ログ
queue = キュー
sandbox = サンドボックス
domains = 送信ドメイン
users = アカウント
sign-in = サインイン
sign-out = サインアウト
signed-in-as = サインイン中のアカウント
times-in = タイムゾーン:
cancel = キャンセル
copy = コピー
copied = コピーしました
any = すべて
older = さらに前を見る
newest = 最新へ戻る
pages = ページ
since = 登録日時
and-more = ほか { $count } 件
to-overview = 最初のページへ
to-first-mail = 最初の 1 通の送り方を見る

## サインイン

login = アカウント名
password = パスワード
sign-in-wrong = アカウント名またはパスワードが違います。
sign-in-throttled = 失敗が続いたため、サインインを一時的に止めています。
sign-in-come-back = 次の時刻から再び試せます:
sign-in-old-form = 画面を開いてから時間がたったため、受け付けられませんでした。もう一度入力してください。

## 配信の状態

status-queued = 待機中
status-deferred = 再送待ち
status-succeeded = 配信済み
status-failed = 配信失敗
status-suppressed = 配信停止

## 時間

span-seconds = { $count } 秒
span-minutes = { $count } 分
span-hours = { $count } 時間
span-days = { $count } 日
span-now = いま
span-ahead = { $value }後
span-ago = { $value }前

## 約束の一覧と計算書

promises = 約束
board-lead = 契約の条項ごとに、約束の内容といまの状態を示します。
board-empty = 契約がまだ設定されていません。
board-empty-advice = 設定ファイルに次の行を加えて起動し直すと、契約の約束がここに並びます。
board-empty-flag = 設定ファイルなしで試すには、次のように起動します。
board-begins = { $value }から始まる契約です。
board-ended = { $value }に終了した契約です。
board-clause = 条項
board-promise = 約束
board-state = 状態
board-left = 残り・次の予定
board-statement = 計算書
board-statement-now = 今月の計算書
standing-broken = 未達成
standing-missed = 目標未達
standing-no-target = 目標値なし
standing-at-risk = 要注意
standing-undetermined = 判定不能
standing-running = 進行中
standing-kept = 達成
standing-not-measured = 計測なし
left-budget = 停止の余裕 { $a }(今月の上限 { $b })
left-at-most = 停止の余裕は最大 { $a }(今月の上限 { $b })
left-figure = 稼働率 { $value }
left-bounds = 稼働率 { $a }〜{ $b }
left-nothing-owed = { $value }分の返還はありません
left-owed = { $a }分: { $b }
left-over = 申請期限を過ぎています
left-claim = { $a }分の申請期限 { $b }
left-claim-over = { $a }分の申請期限は { $b } でした
left-in-window = 実施中 { $value }
left-next-window = 次回 { $value }
left-always-open = 24時間365日
left-open-until = 受付中({ $value }まで)
left-opens = 時間外({ $value }から)
left-noticed = { $a }({ $b })は期限までに通知済み
left-notice-by = 通知期限 { $value }
left-not-noticed = 通知期限 { $value } までに通知されていません
left-window = { $a }: { $b }
left-answers = 今月は応答の { $a } が{ $b }以内
left-answers-of = { $b } 件中 { $a } 件
left-provisional = 祝日の公表により変わることがあります
print = 印刷
statement-title = { $value } 計算書
statement-provisional = { $value } 時点の途中経過です。月末までに変わることがあります。
statement-target = 約束 { $value } 以上
statement-service = サービス
statement-contract = 契約
statement-provider = 提供者
statement-customer = 契約者
statement-promise = 約束
statement-and = { $a }、{ $b }
statement-promise-of = { $a }({ $b })
statement-uptime = 稼働率
statement-downtime = 停止時間
statement-of = { $a } / { $b }
statement-gross = 適用外を除く前
statement-bounds = 稼働率の範囲
statement-from-to = { $a }〜{ $b }
statement-between = { $a }〜{ $b }
statement-coverage = 計測できた割合
statement-covered = { $a }(計測なし { $b })
statement-budget = 停止の余裕
statement-credit = 返還・無料提供
statement-claim-by = 返還等の申請期限
statement-outages = サービスの停止
statement-no-outages = 記録された停止はありません。
statement-when = 期間
statement-length = 長さ
statement-functions = 機能
statement-treatment = 扱い
statement-counted = 算入した停止時間
statement-open = { $value }(継続中)
statement-true-length = 実際の長さ { $value }
statement-partial = 一部の機能の停止
statement-partial-note = サービス全体の停止に当たらないため、停止時間に含めていません。
statement-taken = 適用外とした時間
statement-findings = 所見
statement-foot = 適用した契約の版: { $a }。時刻は { $b } で表示しています。

## 概要

first-title = 最初の 1 通を送る
first-lead-sandbox = 次の行をターミナルに貼り付けると、最初のメールが届きます。サンドボックスのメールがこのマシンの外へ出ることはありません。
first-lead = 次の行をターミナルに貼り付けると、最初のメールを送ります。
first-see-sandbox = 届いたメールを見る（サンドボックス）
first-see-domains = 送信ドメインを登録して、署名と DNS レコードを用意する
first-see-users = プログラムから送るための API ユーザーを用意する
smtp-addresses = SMTP の接続先
graph = 配信の推移
graph-span = 表示する期間
graph-text = 時間帯ごとの宛先数を積み上げた棒グラフです。下から配信済み、再送待ち、配信失敗、配信停止の順で、線は受付数を表します。数値は下の表にあります。
graph-figures = 数値で見る
graph-from = 開始時刻
span-1h = 1 時間
span-24h = 24 時間
span-7d = 7 日
span-40d = 40 日
count-accepted = 受付
queue-all = 配送先ごとに見る
busiest = 宛先ドメイン（多い順）
busiest-domain = ドメイン
busiest-others = その他のドメイン
busiest-none = この期間に受け付けたメールはありません。
custody-conserved = 一致
custody-conserved-text = 受け付けた宛先の数と、その後の状態の合計が一致しています。
custody-lost = 不一致
custody-lost-text = 受け付けた宛先の数と合計が一致しません。リレーサーバーのログを確認してください。

## 配信ログ

log-lead = 宛先ごとに 1 行です。40 日前まで検索できます。
log-to = 宛先
log-sender = 差出人
log-reference = 参照番号
log-reference-hint = Message-ID、受付番号など
log-status = 状態
log-from = 受付日時（開始）
log-until = 受付日時（終了）
log-search = 検索
log-clear = 条件を消す
log-accepted-at = 受付日時
log-reply = 相手サーバーの応答
log-bad-time = 日時が読み取れません。「2026-11-22T09:00」の形で入力してください。
log-bad-span = 期間の終わりは、始まりより後にしてください。
log-nothing = まだ配信の記録がありません。
log-nothing-advice = メールを受け付けると、数秒でここに現れます。
log-nothing-found = 条件に合う配信はありません。
log-help-exact = アドレスは全体が一致したときだけ見つかります。記録は暗号化されているため、一部だけでは検索できません。
log-help-domain = ドメイン全体を探すには「@example.jp」のように入力します。
log-help-retention = 40 日より前の記録は削除されています。
log-no-older = これより前の記録はありません。
subject = 件名
no-subject = （件名なし）
composition = サーバー構成

## 配信の経過

story = 配信の経過
story-accepted = 受付
story-accepted-text = ディスクへの書き込みを確認してから受け付けました。
story-next = 次の再送
story-not-yet = まだ試行していません
story-not-yet-text = 待っている理由は次の画面で確認できます:
story-see-sandbox = サンドボックスで開く
source-ip = 接続元
in-clear = 暗号化なし
node = ノード
remote-host = 相手サーバー
remote-address = 相手アドレス
sender-ip = 送信元アドレス
message = メッセージ
header-from = From
envelope-sender = エンベロープ送信者
envelope-recipients = エンベロープ宛先
size = サイズ
our-id = 受付番号
siblings = 同じメールのほかの宛先

## キュー

queue-lead = 配信が終わっていないメールを、配送先ごとに、待っている理由とともに示します。
queue-destination = 配送先
queue-waiting = 待ち件数
queue-ready = 配信可能
queue-in-flight = 配信中
queue-deferred = 再送待ち
queue-connections = 接続数
queue-oldest = 最古の受付
queue-next = 次回の試行
queue-reason = 待っている理由
queue-bytes = 保管量
queue-sessions = 受信中のセッション
queue-refusing = 新しいメールを受け付けていません:
queue-nothing = 配信を待っているメールはありません。
queue-nothing-here = この配送先で待っているメールはありません。
queue-see-log = このドメインの配信ログを見る
queue-oldest-shown = 古い順に { $count } 通を表示しています。
queue-try-now = いますぐ再送
queue-give-up = 配信を打ち切る
queue-attempts = 試行回数
queue-expires = 配信期限
queue-now = 配信中
relay-down = リレーサーバーが応答しません
relay-down-advice = プロセスが動いているか、コンソールと同じデータフォルダーを使っているかを確認してください。
relay-down-meanwhile = 受け付け済みのメールはディスクに保管されており、再開すると配信を続けます。
give-up-title = このメールの配信を打ち切りますか
give-up-text = 残りの宛先は配信失敗となり、送信者にエラーメールで知らせます。元に戻すことはできません。

## サンドボックス

sandbox-lead = サンドボックスで受け付けたメールです。このマシンの外へは出ません。
sandbox-at = 配信日時
sandbox-nothing = メールはまだありません。
sandbox-nothing-advice = サンドボックスへ送ったメールは、数秒でここに届きます。
sandbox-no-older = これより前のメールはありません。
sandbox-empty = メールボックスを空にする
sandbox-empty-title = メールボックスを空にしますか
sandbox-empty-text = サンドボックスのメールをすべて削除します。配信ログは残ります。元に戻すことはできません。
message-html-safe = 外部の画像とスクリプトは読み込みません
message-html-frame = メールの HTML 本文
message-text = テキスト
message-no-text = 本文がありません。
message-see-log = 配信ログで見る
signatures = DKIM 署名
signature-none = 署名がありません。
signature-none-advice = 送信ドメインを登録すると、署名を付けて送信します。
signature-good = 有効
signature-bad = 無効
signature-good-text = { $value } の署名です。署名後の改変はありません。
signature-bad-text = { $value } の署名ですが、検証できません:
signature-selector = 公開鍵:
envelope = エンベロープ
attachments = 添付ファイル
headers = ヘッダー
source = ソースを表示
source-download = ソースをダウンロード（.eml）
source-cut = 先頭の 64 KiB だけを表示しています。

## 送信ドメイン

domains-lead = 登録したドメインから送るメールに DKIM 署名を付けます。
domain = ドメイン
domain-add = 登録
domain-keys = 署名鍵
domains-nothing = 送信ドメインはまだありません。
domains-nothing-advice = 登録すると署名鍵を作り、DNS に公開するレコードを示します。
domain-lead = 次のレコードを DNS に公開してください。
domain-remove = 登録を削除
domain-remove-title = { $value } を削除しますか
domain-remove-text = 署名鍵も削除します。以後このドメインのメールには署名が付きません。もう一度登録すると、鍵は新しくなります。
record-spf = 送信元サーバーの宣言
record-dkim = 署名を確かめる公開鍵
record-dmarc = 認証に失敗したメールの扱い
record-name = 名前
record-kind = 種類
zone-file = ゾーンファイル
spf-without-addresses = このレコードにはまだ送信元アドレスが含まれていません。公開する前に、設定ファイルの [outbound] の source_addresses に、このリレーの送信元アドレスを設定してください。
zone-file-text = すべてのレコードをゾーンファイルの書式でまとめたものです。

## アカウント

users-lead = コンソールを使う人と、SMTP で送信するプログラムのアカウントです。
account-api-user = API ユーザー
account-administrator = 管理者
users-api-users-lead = プログラムが SMTP 認証（AUTH）に使います。
users-administrators-lead = このコンソールにサインインできます。
users-nothing = まだありません。
account-name = アカウント名
account-add = 追加
account-remove = 削除
account-change-password = パスワードを変更
account-remove-title = { $value } を削除しますか
account-remove-text = このアカウントでは、ただちに認証できなくなります。
password-new = 新しいパスワード
password-rule-api-user = 名前はメールアドレスの形、パスワードは英字と数字を含む 8 文字以上です。
password-rule-administrator = パスワードは 12 文字以上です。
password-ends-sessions = 変更すると、このアカウントのサインインはすべて終了します。

## 操作の結果

done-tried = { $count } 件の宛先へ再送します。
done-given-up = { $count } 件の宛先の配信を打ち切りました。
done-emptied = { $count } 通を削除しました。
done-domain-added = 送信ドメインを登録しました。レコードを DNS に公開すると、受信側で署名を確かめられます。
done-domain-removed = 送信ドメインを削除しました。
done-account-added = アカウントを追加しました。
done-account-removed = アカウントを削除しました。
done-password-changed = パスワードを変更しました。

## 表示できないとき

failure-nowhere = ページが見つかりません
failure-nowhere-advice = アドレスが違うか、記録の保存期間（40 日）が過ぎています。
failure-forged = 操作を受け付けられませんでした
failure-forged-advice = 画面が古くなっています。前の画面を開き直して、もう一度操作してください。
failure-too-large = 送信されたデータが大きすぎます
failure-too-large-advice = フォームは 1 MiB まで受け付けます。
failure-unreadable = 送信された内容を読み取れません
failure-unreadable-advice = 前の画面を開き直して、もう一度操作してください。
failure-refused = 受け付けられません
failure-records = 記録を読み書きできません
failure-slow = 時間内に応答できませんでした
failure-slow-advice = 期間や条件を狭めて、もう一度試してください。
failure-lost = 画面を表示できません
failure-lost-advice = 原因はサーバーのログに記録しました。しばらくしてから、もう一度開いてください。

## 受け付けられない理由

refused-login = アカウント名には、半角の英字・数字・「.」「-」「_」「@」を 1～{ $count } 文字で入力してください。
refused-api-user-name = API ユーザーの名前は、api@example.jp のようなメールアドレスの形で入力してください。
refused-short-password = パスワードは { $count } 文字以上にしてください。
refused-plain-password = パスワードは、英字と数字を含む { $count } 文字以上にしてください。
refused-long-password = パスワードは { $count } バイトまでです。
refused-accounts-full = アカウントは { $count } 件までです。先に不要なものを削除してください。
refused-account-taken = { $value } はすでにあります。別の名前にするか、パスワードを変更してください。
refused-no-account = { $value } というアカウントはありません。
refused-last-administrator = { $value } は最後の管理者です。先に別の管理者を追加してください。
refused-busy = サインインが混み合っています。1 分ほどしてから、もう一度試してください。
refused-domains-full = 送信ドメインは { $count } 件までです。先に不要なものを削除してください。
refused-domain-taken = { $value } はすでに登録されています。
refused-no-domain = { $value } は登録されていません。
refused-domain-not-ascii = { $value } は、DNS で使う ASCII の形（xn-- で始まる名前）で入力してください。
refused-not-a-domain = 「{ $value }」はドメイン名ではありません。example.jp のように入力してください。
refused-domain-empty = ドメイン名を example.jp のように入力してください。
refused-rows = 1 ページに表示できるのは { $count } 行までです。
refused-unknown-page = そのページはありません。最初のページから開いてください。
refused-part-of-address = アドレスは暗号化して保管しているため、アドレス全体（taro@example.jp）かドメイン全体（@example.jp）で検索してください。
refused-graph-span = グラフに表示できる期間は { $count } 日までです。
refused-no-contract = 契約 { $value } は設定にありません。
refused-no-statement = { $value } の計算書はありません。契約期間とサービスを確認してください。
refused-evidence-full = { $value } の計測と記録が保存できる上限に達しています。
refused-too-much-evidence = { $value } の計測と記録が多すぎるため、1 ページでは表示できません。
refused-log-too-long = 一度に取り込める記録は { $count } 件までです。ログを分けて取り込んでください。
refused-check-name = 監視項目の名前には、半角の英小文字・数字・「-」「.」を 1～{ $count } 文字で入力してください。
refused-check-by-configuration = プラグインはこのプログラムの権限でコマンドを実行するため、設定ファイルに書いてください。
refused-check-taken = { $value } という監視項目はすでにあります。別の名前にしてください。
refused-no-check = コンソールで追加した監視項目に { $value } はありません。
refused-checks-full = 監視項目は { $count } 件までです。先に不要なものを削除してください。
refused-nobody-looks = このプログラムでは監視が動いていません。yakusoku up か yakusoku office で起動してください。

## リレーサーバーなどが記録した理由。$a と $b に値が入る

ours-in-flight = いま配信しています
ours-deferred = 再送を待っています
ours-due-again = 再送の時刻になり、接続を待っています。前回の結果: { $a }
ours-not-tried = まだ試行していません。接続を待っています
ours-no-answer = { $a }: 応答がありません
ours-spool-full = 保管できるメールの上限に達しています
ours-disk-full = ディスクの空きが足りません
ours-not-stored = メールを保管できません
ours-shutting-down = 停止の準備をしています
ours-not-in-queue = { $a } はキューにないか、いま配信しているところです。
ours-no-record = 公開鍵のレコードがありません
ours-bad-record = 公開鍵のレコードが正しくありません
ours-body-changed = 署名後に本文が変更されています
ours-header-changed = 署名したヘッダーが変更されたか、公開鍵が異なります
ours-signature-expired = 署名の有効期限が切れています
ours-key-withdrawn = 公開鍵が取り消されています
ours-part-signed = 本文の一部にしか署名がありません（l=）
ours-not-judged = 検証していません
ours-sandbox = サンドボックスへ配信しました
ours-sandbox-trouble = サンドボックスに書き込めません（{ $a }）
ours-unreadable = 一時的にディスクからメールを読み出せません
ours-fault = 内部の障害により配信が中断しました
ours-lost = 保管中のメールが失われました
ours-partly-given-up = { $a } 件の宛先の配信を中止しました。送信者への通知をいま保存できないため、{ $b } 件は待機を続けます。時間をおいて再度お試しください
ours-damaged = 保管中のメールが破損したため、配信できません
ours-gave-up = { $a } 回試行して打ち切りました。最後の応答: { $b }
ours-expired = { $a } 回試行し、配信期限を過ぎたため打ち切りました
ours-by-operator = 管理者が配信を打ち切りました
ours-no-server = 配送先のサーバーがありません
ours-not-smtp = 相手サーバーの応答が SMTP ではありません
ours-no-smtp = 相手サーバーが SMTP に対応していません
ours-connection-lost = 接続が切れました（{ $a }）
ours-no-greeting = 相手サーバーから最初の応答がありません（{ $a }）
ours-loop = 配送先がこのサーバー自身を指しています（{ $a }）
ours-cannot-connect = { $a } に接続できません（{ $b }）
ours-tls-failed = TLS の接続に失敗しました（{ $a }）
ours-route-no-address = 設定されたサーバー { $a } のアドレスが見つかりません
ours-dns-silent = { $a } について DNS の応答が得られません（{ $b }）
ours-dns-no-address = { $a } のアドレスを DNS で確認できません（{ $b }）
ours-no-mail-server = { $a } にはメールサーバーがありません
ours-no-domain = ドメイン { $a } は存在しません
ours-no-mx-address = { $a } のメールサーバーにアドレスがありません（{ $b } を確認）
ours-null-mx = ドメイン { $a } はメールを受け取りません（null MX）
ours-ascii-only = 相手サーバーは ASCII 以外のアドレスに対応していません
ours-too-big = 相手サーバーが受け取れるのは { $a } バイトまでです
ours-timed-out = 時間内に応答がありません
ours-refused = 接続が拒否されました
ours-reset = 接続がリセットされました
ours-closed = 相手が接続を閉じました
ours-host-unreachable = ホストに到達できません
ours-network-unreachable = ネットワークに到達できません
ours-dns-answered = ネームサーバーの応答: { $a }
ours-dns-timed-out = 時間内に応答がありません
ours-dns-unreachable = ネームサーバーに接続できません

## 監視

heard-good = 正常
heard-refused = 異常応答
heard-silent = 無応答
heard-unseen = 観測不能
reason-timed-out = 時間内に応答がありません
reason-no-such-name = その名前のアドレスがありません
reason-connection-refused = 接続が拒否されました
reason-unreachable = ホストに到達できません
reason-closed = 接続が途中で切れました
reason-tls-broken = TLS の接続に失敗しました
reason-packets-lost = パケットが失われました
reason-no-beat = 相手からの連絡がありません
reason-greeting = サーバーの準備ができていません
reason-command-refused = コマンドが拒否されました
reason-login-refused = ユーザー名かパスワードが拒否されました
reason-login-method = 使えるログイン方式がありません
reason-no-tls = TLS に対応していません
reason-words-before-tls = TLS の開始前に平文が届きました
reason-certificate-expired = 証明書の有効期限が切れています
reason-certificate-not-yet-valid = 証明書の有効期間の前です
reason-certificate-name = 証明書の名前が違います
reason-certificate-issuer = 証明書の発行者を信頼できません
reason-certificate-bad = 証明書が正しくありません
reason-certificate-ends-soon = 証明書の期限が近づいています
reason-old-tls = 古い TLS が受け付けられました
reason-status = HTTP ステータスが想定と違います
reason-header = ヘッダーが想定と違います
reason-content = 内容が想定と違います
reason-too-long = 内容が長すぎます
reason-redirect = リダイレクトが多すぎます
reason-protocol = プロトコルの応答ではありません
reason-dns-error = ネームサーバーがエラーを返しました
reason-values = DNS の値が想定と違います
reason-not-authoritative = ゾーンの権威サーバーではありません
reason-above-limit = 上限を超えています
reason-plugin-warning = プラグインが警告を返しました
reason-plugin-critical = プラグインが異常を返しました
reason-too-slow = 応答は正常ですが時間がかかりすぎました
reason-resolver-failed = こちらの名前解決ができませんでした
reason-forbidden = コンソールの監視項目では見られないアドレスです
reason-own-trouble = こちら側の問題です
reason-plugin-broken = プラグインが正しく動きませんでした
reason-settings = 設定に誤りがあります
reason-too-early = まだ判断できません
