"""The texts of the cashier and the phone, in both languages. It is a package of its own, so its few words are here and in no catalog."""

from __future__ import annotations

WORDS = {
    "zh": {
        "sandbox": "沙箱", "banner": "沙箱环境，资金均为模拟，不会产生真实扣款", "wechatpay": "微信支付", "alipay": "支付宝", "amount": "付款金额", "payee": "收款方",
        "merchant": "模拟商户", "subject": "商品", "number": "商户订单号", "pay": "立即支付", "fail": "支付失败", "cancel": "取消支付", "tools": "模拟其他结果",
        "success_title": "支付成功", "fail_title": "支付失败", "fail_text": "没有扣款，可以重新支付。", "cancel_title": "已取消", "cancel_text": "没有扣款，可以重新支付。",
        "again": "重新支付", "back": "返回商家", "closed": "订单已关闭，无法支付", "expired": "订单已过期，请返回商家重新下单", "unknown": "找不到这笔订单",
        "unknown_text": "链接已失效，请返回商家重新发起支付。", "paid": "这笔订单已经支付", "other": "English", "refused": "支付宝拒绝了这次请求",
        "back_soon": "即将返回商家", "code": "错误代码", "phone": "手机", "phone_banner": "沙箱环境，消息都到这里为止，没有发给任何人", "nothing": "还没有消息", "nothing_text": "店铺发出的消息、短信、邮件会出现在这里。",
        "all_messages": "全部消息", "opens": "点开后进入", "sender": "发件人", "channel_wechat_subscribe": "微信订阅消息", "channel_sms_tencent": "短信（腾讯云）",
        "channel_sms_aliyun": "短信（阿里云）", "channel_email": "邮件", "channel_wecom": "企业微信群", "channel_dingtalk": "钉钉群", "channel_feishu": "飞书群",
        "receivers": "事件接收方", "receivers_text": "店铺推送到 /hooks/<名称> 的事件会出现在这里。", "genuine": "验签通过", "again_told": "第几次收到：", "content": "内容",
        "all_receivers": "全部接收方", "verdict_good": "验签通过", "verdict_stale": "时间戳过旧，已拒绝", "verdict_wrong_signature": "签名不对，已拒绝", "verdict_no_secret": "没有密钥，已拒绝",
        "verdict_malformed": "格式不对，已拒绝",
    },
    "en": {
        "sandbox": "Sandbox", "banner": "Sandbox: all money is simulated, nothing is charged", "wechatpay": "WeChat Pay", "alipay": "Alipay", "amount": "Amount",
        "payee": "Pay to", "merchant": "Simulated merchant", "subject": "Goods", "number": "Order number", "pay": "Pay now", "fail": "Let it fail",
        "cancel": "Cancel", "tools": "Try another result", "success_title": "Paid", "fail_title": "Payment failed",
        "fail_text": "Nothing was charged. You can try again.", "cancel_title": "Canceled", "cancel_text": "Nothing was charged. You can try again.",
        "again": "Try again", "back": "Back to the shop", "closed": "This order is closed and cannot be paid", "expired": "This order has expired. Go back to the shop and order again.",
        "unknown": "There is no such order", "unknown_text": "The link is no longer valid. Go back to the shop and pay again.", "paid": "This order is paid already",
        "other": "中文", "refused": "Alipay refused this request", "back_soon": "You are taken back to the shop", "code": "Code", "phone": "Phone", "phone_banner": "Sandbox: messages end here, nobody real gets them", "nothing": "No messages yet",
        "nothing_text": "Messages, texts and mails of the shop show up here.", "all_messages": "All messages", "opens": "Opens", "sender": "From",
        "channel_wechat_subscribe": "WeChat message", "channel_sms_tencent": "SMS (Tencent Cloud)", "channel_sms_aliyun": "SMS (Aliyun)", "channel_email": "E-mail",
        "channel_wecom": "WeCom group", "channel_dingtalk": "DingTalk group", "channel_feishu": "Feishu group",
        "receivers": "Receivers of events", "receivers_text": "What the shop tells /hooks/<name> shows up here.", "genuine": "genuine", "again_told": "arrival number",
        "content": "Content", "all_receivers": "All receivers", "verdict_good": "Genuine", "verdict_stale": "Refused: signed too long ago",
        "verdict_wrong_signature": "Refused: the signature does not fit", "verdict_no_secret": "Refused: no secret is known here", "verdict_malformed": "Refused: no webhook",
    },
}  # fmt: skip


def language(chosen: str, accepted: str) -> str:
    """`zh` unless English is asked for: by the address, else by the browser before Chinese."""
    if chosen in WORDS:
        return chosen
    for part in accepted.lower().split(","):
        name = part.strip().partition(";")[0].partition("-")[0]
        if name in WORDS:
            return name
    return "zh"
