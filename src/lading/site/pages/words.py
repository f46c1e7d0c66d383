"""
What the pages say, in both languages.
"""

from __future__ import annotations

from lading.model.text import Language, Text

EVERYWHERE = {
    "drive": Text("Drive", "网盘"),
    "other_language": Text("中文", "English"),
    "switch": Text("显示中文", "Show in English"),
    "skip": Text("To the content", "跳到正文"),
}
HOME = {
    "title": Text("The drive is running", "网盘已就绪"),
    "lead": Text(
        "Team spaces with versions, rights and links. Open them like a folder of your computer, or from a program.",
        "团队空间，支持版本、权限与分享链接。可像本机文件夹一样打开，也可由程序访问。",
    ),
    "dav": Text("As a folder (WebDAV)", "作为文件夹打开（WebDAV）"),
    "dav_how": Text(
        "Sign in with your login and password, or with an access token in place of the password.",
        "使用登录名和密码登录；也可用访问令牌代替密码。",
    ),
    "windows": Text("Explorer → This PC → Map network drive", "资源管理器 → 此电脑 → 映射网络驱动器"),
    "mac": Text("Finder → Go → Connect to Server", "访达 → 前往 → 连接服务器"),
    "linux": Text(
        "Files → Other Locations, with dav:// or davs://", "文件 → 其他位置，地址以 dav:// 或 davs:// 开头"
    ),
    "phone": Text("Any file manager that speaks WebDAV", "任何支持 WebDAV 的文件管理应用"),
    "phones": Text("Phones", "手机"),
    "api": Text("From a program", "由程序访问"),
    "api_how": Text("The JSON API, with every call described:", "JSON API 及其全部接口说明："),
    "help": Text(
        "No login yet? Ask the admin of the drive for an invitation.",
        "还没有登录名？请向网盘管理员索取邀请。",
    ),
}
FIRST = {
    "title": Text("The first sign-in", "首次登录"),
    "lead": Text(
        "This drive has no admin yet. Choose the login and password of the first system admin. The page works once.",
        "此网盘尚无管理员。请为首位系统管理员设置登录名和密码。本页仅可使用一次。",
    ),
    "invited_title": Text("Welcome", "欢迎"),
    "invited_lead": Text(
        "Enter the login you were told and choose a password. The page works once.",
        "请输入告知您的登录名，并设置密码。本页仅可使用一次。",
    ),
    "login": Text("Login", "登录名"),
    "password": Text("Password", "密码"),
    "again": Text("The password again", "再次输入密码"),
    "rule": Text("At least {least} characters; a sentence is good.", "至少 {least} 个字符，一句话更好。"),
    "do": Text("Set it", "确定"),
    "differ": Text("The two passwords differ.", "两次输入的密码不一致。"),
    "done_title": Text("Done", "设置完成"),
    "done_admin": Text(
        "{login} is the system admin of this drive. A system admin looks after people and spaces and does not see content.",
        "{login} 现为此网盘的系统管理员。系统管理员管理人员和空间，不能查看内容。",
    ),
    "done": Text("You sign in as {login} from now on.", "今后请以 {login} 登录。"),
    "next": Text("What to do next", "接下来"),
    "next_people": Text(
        "Load people: lading drive people load FILE.csv", "导入人员：lading drive people load 文件.csv"
    ),
    "next_space": Text(
        "Make a space and name who manages it: lading drive space make NAME --admin KEY",
        "创建空间并指定其管理员：lading drive space make 名称 --admin 标识",
    ),
    "to_start": Text("How to open the drive", "如何打开网盘"),
}
LINK = {
    "title": Text("Shared with you", "分享给您的内容"),
    "this": Text("This link", "此链接"),
    "password_lead": Text("This link asks for a password.", "打开此链接需要密码。"),
    "password": Text("Password", "密码"),
    "open": Text("Open", "打开"),
    "wrong": Text("That is not right. Try again.", "输入有误，请重试。"),
    "inside_lead": Text(
        "This link is for people of the firm. Please sign in.", "此链接仅供企业内部人员使用，请先登录。"
    ),
    "login": Text("Login", "登录名"),
    "sign_in": Text("Sign in", "登录"),
    "download": Text("Download", "下载"),
    "preview_only": Text(
        "This link shows what is there; it does not give the content.", "此链接仅可查看信息，不提供内容下载。"
    ),
    "size": Text("Size", "大小"),
    "changed": Text("Changed", "修改时间"),
    "version": Text("Version", "版本"),
    "pinned": Text("version {number}", "第 {number} 版"),
    "left": Text("Downloads left", "剩余下载次数"),
    "folder": Text("Folder", "文件夹"),
    "empty": Text("This folder is empty.", "此文件夹为空。"),
    "more": Text("More", "更多"),
}
FAULT = {
    "not_found": Text("There is nothing here", "此处没有内容"),
    "not_found_lead": Text(
        "The address is wrong, or what was here is gone, or it is not for you.",
        "地址有误、内容已不存在，或您无权访问。",
    ),
    "used": Text("This page has done its work", "此页面已失效"),
    "used_lead": Text(
        "It was used before or has expired. Ask whoever gave you the address for a new one.",
        "它已使用过或已过期。请向提供此地址的人索取新的。",
    ),
    "form": Text("The form has expired", "表单已过期"),
    "form_lead": Text(
        "Go back, load the page again and send it once more. Cookies must be allowed.",
        "请返回并刷新页面后重新提交。请确认浏览器允许 Cookie。",
    ),
    "fault": Text("Something went wrong here", "服务器出现问题"),
    "fault_lead": Text(
        "It is not your fault. Try again in a moment; if it stays, tell the admin of the drive.",
        "这不是您的操作所致。请稍后重试；如持续出现，请联系网盘管理员。",
    ),
    "refused": Text("That does not work", "无法完成"),
    "home": Text("To the start page", "返回首页"),
}


def said(texts: dict[str, Text], language: Language) -> dict[str, str]:
    """*texts* in *language*, as templates use them; places in them stay open."""
    return {name: text.zh if language is Language.ZH else text.en for name, text in texts.items()}
