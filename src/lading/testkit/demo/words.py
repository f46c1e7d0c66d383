"""
What the demonstration says, in both languages.
"""

from __future__ import annotations

from lading.model.text import Text

TITLE = Text(
    "Lading: a firm's drive moves over a bad network, is killed half way, and is proven whole",
    "Lading 演示：企业网盘经由恶劣网络迁移，中途被强制终止，最终证明完整无缺",
)
SEED = Text(
    "seed {seed}; the same run again: make demo ARGS='--seed {seed}'",
    "随机种子 {seed}；重现本次演示：make demo ARGS='--seed {seed}'",
)

FIRM = Text("The firm", "企业")
FIRM_FACTS = Text(
    "{deals} deals in as many phases: {files:,} files in {folders:,} folders, {size}; {hostile} hostile names and times among them",
    "{deals} 个处于不同阶段的项目：{folders:,} 个文件夹、{files:,} 个文件，共 {size}；其中 {hostile} 个为刁钻的名称与时间",
)
REFUSED = Text(
    "{count} hostile names this disk cannot hold were left out",
    "本机磁盘无法保存的 {count} 个刁钻名称已略去",
)

NETWORK = Text("The old drive and the network", "旧网盘与网络")
SERVER_FACTS = Text("WebDAV server (WsgiDAV) on {url}", "WebDAV 服务器（WsgiDAV）：{url}")
NETWORK_FACTS = Text(
    "before it, on {url}, a network: each byte {latency:.0f} to {most:.0f} ms late, {drop:g} resets and {truncate:g} truncations per MiB,"
    " {refuse:.0%} of connections refused, dark for {dark_for:g} s after every {dark} ",
    "其前端网络 {url}：每个字节延迟 {latency:.0f} 至 {most:.0f} 毫秒，每 MiB 约 {drop:g} 次重置、{truncate:g} 次截断，"
    "{refuse:.0%} 的连接被拒绝，每传输 {dark} 中断 {dark_for:g} 秒",
)

ARRIVAL = Text("The new drive: Lading's own, on an empty folder", "新网盘：Lading 自带网盘，从空文件夹启动")
ARRIVAL_FACTS = Text(
    "it answers on {address}/ and, as a folder, on {dav}", "地址 {address}/；以文件夹方式访问：{dav}"
)
DRIVE = Text("What the new drive says about itself", "新网盘的自检")
AGAIN_THERE = Text(
    "the new drive is in {home}; start it again with: lading drive serve {home}",
    "新网盘位于 {home}；可再次启动：lading drive serve {home}",
)
NO_DRIVE = Text("the new drive did not start: {detail}", "新网盘未能启动：{detail}")

COPY = Text(
    "Copy, to be killed with SIGKILL at {share:.0%} of the files",
    "开始复制，将在完成 {share:.0%} 的文件时以 SIGKILL 终止",
)
KILLED = Text(
    "KILLED after {seconds:.1f} s, with {files:,} of {all:,} files there ({share:.0%}), {size}",
    "运行 {seconds:.1f} 秒后被强制终止：{all:,} 个文件已到 {files:,} 个（{share:.0%}），{size}",
)
WHOLE = Text(
    "each of them is whole under its name; unfinished ones, kept apart: {unfinished} ({size})",
    "每个已命名的文件均完整；另有 {unfinished} 个未完成文件单独存放（{size}）",
)

RESUME = Text("The same command again", "再次执行同一命令")
RESUMED = Text(
    "{kept:,} files that had arrived were left alone; missing were {missing}, and {carried} came over the network",
    "此前到达的 {kept:,} 个文件原样未动；当时尚缺 {missing}，本次网络共传输 {carried}",
)
AGAIN = Text(
    "sent again after the kill, with every retry and all of the protocol: at most {again}",
    "终止后重复传输的数据（含全部重试与协议开销）：至多 {again}",
)
WHAT_NETWORK_DID = Text(
    "the network: {connections:,} connections, {refused} refused, {dropped} reset, {truncated} truncated, {darknesses} times dark, {delayed_chunks:,} pieces delayed, {down} down",
    "网络：{connections:,} 个连接，{refused} 个被拒绝，{dropped} 个被重置，{truncated} 个被截断，中断 {darknesses} 次，延迟 {delayed_chunks:,} 段数据，下行 {down}",
)

WEEK = Text("A week later: people went on working", "一周之后：员工仍在旧网盘上工作")
WEEK_FACTS = Text(
    "{edited} files edited, {added} added, {deleted} deleted, {renamed} renamed, {folders} folder moved with {carried} files in it",
    "编辑 {edited} 个文件，新增 {added} 个，删除 {deleted} 个，改名 {renamed} 个，移动 {folders} 个文件夹（含 {carried} 个文件）",
)
SECOND_FACTS = Text(
    "copied: {moved} (edited, added, or renamed where the server tells no identity); renamed in place: {renamed}; untouched: {same}",
    "复制 {moved}（被编辑、新增，或改名而服务器未提供对象标识）；就地改名 {renamed}；未动 {same}",
)

VERIFY = Text("A second, independent reading of both drives", "对两侧网盘独立重读校验")
TRUTH = Text("What the generator knows", "与生成器的底账核对")
TRUTH_FACTS = Text(
    "{files:,} files and {folders:,} folders: every path, content and time is right",
    "{files:,} 个文件、{folders:,} 个文件夹：路径、内容、时间全部正确",
)
RECORDS = Text("The records", "记录链与报告")

ACCOUNT = Text("The account", "账目")
OBJECTS = Text("pass {number}: objects", "第 {number} 轮：对象")
BYTES = Text("bytes", "字节")
FOUND = Text("found", "发现")
BUCKETS = {
    "moved": Text("moved", "已迁移"),
    "same": Text("same", "相同"),
    "renamed": Text("renamed", "已改名"),
    "excluded": Text("excluded", "已排除"),
    "waived": Text("waived", "已豁免"),
    "failed": Text("failed", "失败"),
}
REPORT = Text("report: {path}", "报告：{path}")
HELD = Text("Everything held, in {seconds:.0f} seconds.", "全部成立，用时 {seconds:.0f} 秒。")
FAILED = Text("THE DEMONSTRATION FAILED: {why}", "演示失败：{why}")
STOPPED = Text("stopped by request; nothing is left running", "已按要求停止，没有遗留进程")

# What may go wrong
COMMAND_FAILED = Text("lading {command} ended with exit code {code}", "lading {command} 以退出码 {code} 结束")
TOO_FAST = Text(
    "the copy ended (exit code {code}) before it could be killed", "复制在被终止之前就已结束（退出码 {code}）"
)
BROKEN = Text("under their final names stand broken files: {paths}", "最终名称下存在不完整的文件：{paths}")
REWRITTEN = Text("files that had arrived were written again: {paths}", "已到达的文件被重新写入：{paths}")
NOT_QUIET = Text("workers were still there 10 s after the kill", "终止 10 秒后仍有工作进程")
NOT_TROUBLED = Text("the network troubled nobody: {counts}", "网络未造成任何干扰：{counts}")
OPEN_ACCOUNT = Text(
    "the account of pass {number} does not close: {detail}", "第 {number} 轮账目不平：{detail}"
)
NOT_MOVED = Text(
    "pass 2 copied {moved} bytes and renamed {renamed}; edited and added are {least}, with the renamed {most}",
    "第 2 轮复制 {moved} 字节、改名 {renamed} 字节；而编辑与新增共 {least} 字节，连同改名共 {most} 字节",
)
DIFFER = Text("{count} differences from the truth, first: {first}", "与底账有 {count} 处差异，首处：{first}")
NO_REPORT = Text("there is no report at {path}", "{path} 处没有报告")
NOT_OURS = Text(
    "{path} is there and was not made by a demonstration; name another folder with --folder",
    "{path} 已存在且并非由演示创建；请用 --folder 指定其他文件夹",
)
