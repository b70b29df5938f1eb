"""The demo company's knowledge: reviewed articles for colleagues and customers, one under review, one draft."""

from datetime import timedelta

from shouhou.knowledge.actions.writing import draft_article, open_due_compilations, vote
from shouhou.people.models import User
from shouhou.shared.time import moved_to, now

# title, problem, cause, remedy, audience, author, how far it has come
ARTICLES = [
    (
        "共享打印机报 0x0000011b 无法连接",
        "窗口电脑连接共享打印机时报 0x0000011b，重启后依旧。",
        "主机安装安全更新后要求 RPC 加密，终端的补丁级别不一致。",
        "1. 在主机与终端安装同一批补丁。\n2. 重启 Print Spooler 服务。\n3. 删除旧连接后重新添加共享打印机，试打三张。",
        "customers", "wangqiang", "published",
    ),
    (
        "长查询报 ORA-01555 快照过旧",
        "月末统计报表运行二十分钟后报 ORA-01555: snapshot too old。",
        "撤销表空间保留时间短于报表的运行时间。",
        "1. 查看 undo_retention 与撤销表空间大小。\n2. 与客户约定时间后扩大表空间。\n3. 将报表改到夜间分段运行。",
        "staff", "oyangxue", "published",
    ),
    (
        "收不到短信验证码",
        "用户登录时收不到短信验证码，其他短信正常。",
        "短信网关的签名过期，或号码在运营商黑名单中。",
        "1. 在短信平台查发送记录与返回码。\n2. 签名过期的，续签后补发。\n3. 黑名单号码请用户向运营商解除。",
        "customers", "liulei", "published",
    ),
    (
        "自助终端回执卡纸",
        "自助终端打印回执时卡纸，清纸后仍反复出现。",
        "进纸辊老化打滑，或使用了过薄的热敏纸。",
        "1. 断电后清除碎纸。\n2. 更换进纸辊并校准切刀。\n3. 改用 80 克热敏纸，每周清一次纸屑。",
        "staff", "wangqiang", "submitted",
    ),
    (
        "升级到 5.2.19 后登录变慢",
        "升级到 5.2.19 以后，首次登录要等十秒以上。",
        "",
        "",
        "staff", "liulei", "draft",
    ),
]  # fmt: skip


def articles(staff: dict[str, User]) -> None:
    """What the company has learnt so far; the compilations of the last quarter stand open."""
    for days, (title, problem, cause, remedy, audience, author, reached) in enumerate(ARTICLES):
        by = staff[author]
        with moved_to(now() - timedelta(days=120 - 25 * days)):
            article = draft_article(
                organisation=by.home, by=by, title=title, problem=problem, cause=cause, remedy=remedy, audience=audience
            )
            if reached != "draft":
                article.submit(by=by)
            if reached == "published":
                article.publish(by=staff["zhaojing"])
                vote(article, useful=True, by=staff["linxiao"])
    open_due_compilations()
