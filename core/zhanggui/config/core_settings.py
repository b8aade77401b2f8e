"""Every setting of the core, a sentence each; the reference page is made from this."""

from __future__ import annotations

from .declare import Setting


def _s(key: str, kind: str, default: object, en: str, zh: str = "", label: tuple[str, str] = ("", ""), **more: object) -> Setting:
    labels = {"en": label[0], "zh_CN": label[1]} if label[0] else {}
    return Setting(key, kind, default, {"en": en, "zh_CN": zh} if zh else {"en": en}, labels, **more)  # type: ignore[arg-type]


CORE_SETTINGS = (
    _s("instance.id", "str", "shop", "Short name of the instance; prefixes its queue."),
    _s("instance.name", "str", "Zhanggui", "What the shop is called.", "店铺的名称。", ("Name of the shop", "店铺名称"), runtime=True),
    _s("instance.logo", "picture", "", "Shown in the menu, where people sign in, and in the web shop.", "显示在菜单、登录页和手机网店。", ("Logo", "店铺标志"), runtime=True),
    _s("instance.color", "color", "", "Of buttons and links, for the staff and in the web shop. White words have to be readable on it.",
       "按钮和链接的颜色，用于后台和手机网店；白色文字在其上须清晰可读。", ("Color of the shop", "店铺主色"), runtime=True),
    _s("instance.contact", "str", "", "Phone or e-mail under which customers reach the shop; shown in the web shop.", "顾客联系店铺的电话或邮箱，显示在手机网店。",
       ("Contact", "联系方式"), runtime=True, maximum=200),
    _s("instance.address", "str", "", "Where the shop is; shown in the web shop.", "店铺所在地址，显示在手机网店。", ("Address", "店铺地址"), runtime=True, maximum=300),
    _s("instance.first_steps", "bool", True, "The list on the home page that leads a new shop to its first order. It leaves by itself once everything is "
       "done.", "首页上引导新店开张的清单，全部完成后自动消失。", ("Show the opening list", "显示开张清单"), runtime=True),
    _s("instance.data", "str", "var/shop", "The data folder: database, files, backups, logs."),
    _s("instance.currency", "str", "CNY", "ISO 4217 code of the shop's currency."),
    _s("instance.time_zone", "zone", "Asia/Shanghai", "Where a day begins for the shop's figures.", "店铺统计以此时区划分日期。",
       ("Time zone", "时区"), runtime=True),
    _s("instance.demo", "bool", False, "A demo shop: fixed passwords and the demo login of the storefront are allowed."),
    _s("database.url", "str", "", "SQLAlchemy URL of SQLite or PostgreSQL; empty: db.sqlite3 in the data folder."),
    _s("database.write_wait_seconds", "int", 10, "Seconds that a writer on SQLite waits for its turn until it is told that the shop is busy.",
       minimum=1, maximum=60),
    _s("queue.url", "str", "", "redis:// or unix:// of a queue server; empty: the bundled one on a private socket."),
    _s("web.public_url", "url", "", "Address that people type; https makes cookies Secure and turns on HSTS."),
    _s("web.trusted_hosts", "list", ["localhost", "127.0.0.1"], "Host names that requests may carry; others are refused."),
    _s("web.trusted_proxies", "int", 0, "How many proxies in front may set X-Forwarded-*.", minimum=0, maximum=5),
    _s("web.host", "str", "127.0.0.1", "Address to listen on."),
    _s("web.port", "int", 8000, "Port to listen on.", minimum=1, maximum=65535),
    _s("web.workers", "int", 2, "Web processes.", minimum=1, maximum=64),
    _s("web.threads", "int", 4, "Threads of a web process.", minimum=1, maximum=64),
    _s("web.public_requests_per_minute", "int", 1200, "How often one address (of IPv6: one /64) may ask a web process for something without having "
       "signed in; a tenth of it at once; 0: as often as it likes.", minimum=0, maximum=1_000_000),
    _s("web.unlimited_addresses", "list", ["127.0.0.0/8", "::1/128"], "Addresses and networks that web.public_requests_per_minute does not count. A "
       "proxy on this machine is among them, so that visitors are told apart only when web.trusted_proxies counts it."),
    _s("jobs.workers", "int", 2, "Workers that `up` starts for jobs.", minimum=0, maximum=32),
    _s("jobs.io_workers", "int", 1, "Workers that `up` starts for jobs that wait for others (lane `io`); 0: the other workers do these too.",
       minimum=0, maximum=32),
    _s("outside.allowed", "list", [], "Hosts, addresses and networks that plugins may call although they are not public, over http too and at any "
       "port: a printer, a simulator. Public hosts are called by https alone and need not stand here."),
    _s("security.secret_key", "secret", "", "At least 32 random characters; every key of the instance is derived from it."),
    _s("security.secret_key_file", "str", "", "A file that holds the secret key, readable by the instance alone."),
    _s("auth.factor_roles", "list", [], "Roles whose members may not work without a second factor, such as owner. They set it up when they sign in next.",
       "成员必须启用两步验证的角色，例如 owner。下次登录时须先设置。", ("Roles that need a second factor", "必须两步验证的角色"), runtime=True),
    _s("audit.heads_file", "str", "", "A file to which the end of the audit trail is added every hour; empty: audit-heads.jsonl in the data folder. "
       "A place that who runs the database cannot write proves more."),
    _s("backup.recipients", "list", [], "Public keys (age1... or ssh-ed25519 ...) that open the shop's backups beside its own."),
    _s("backup.daily", "int", 7, "Of how many days `backup prune` keeps the newest backup.", "`backup prune` 保留最近多少天、每天最新的备份。",
       ("Days kept", "保留的天数"), runtime=True, minimum=1, maximum=366),
    _s("backup.weekly", "int", 4, "Of how many weeks it keeps the newest one.", "保留最近多少周、每周最新的备份。", ("Weeks kept", "保留的周数"), runtime=True, minimum=0, maximum=520),
    _s("backup.monthly", "int", 12, "Of how many months it keeps the newest one.", "保留最近多少个月、每月最新的备份。", ("Months kept", "保留的月数"), runtime=True, minimum=0, maximum=240),
    _s("auth.idle_hours", "int", 12, "Hours without a request after which a session ends.", minimum=1, maximum=720),
    _s("auth.absolute_days", "int", 7, "Days after which a session ends in any case.", minimum=1, maximum=90),
    _s("auth.look_ups", "int", 60, "How many people a user may look up by phone or name in five minutes.", "一名用户五分钟内最多可按电话或姓名查找多少人。",
       ("Look-ups in five minutes", "五分钟内的查找次数"), runtime=True, minimum=1, maximum=10000),
    _s("i18n.default_locale", "str", "zh_CN", "Language of a reader who did not choose one.", choices=("zh_CN", "en")),
    _s("i18n.locales", "list", ["zh_CN", "en"], "Languages to choose from."),
    _s("plugins.enabled", "list", ["*"], "Plugins that a fresh instance starts with; * means every one that is installed."),
    _s("plugins.folders", "list", [], "Folders with plugins that are not installed as packages."),
    _s("theme.name", "str", "palm", "The theme."),
    _s("theme.folders", "list", [], "Folders with themes that are not installed as packages."),
    _s("log.format", "str", "plain", "How log lines are written.", choices=("plain", "json")),
    _s("log.level", "str", "INFO", "The least severe line that is written.", choices=("DEBUG", "INFO", "WARNING", "ERROR")),
)  # fmt: skip
