//! Japanese. It writes no spaces, so every character is a word of its own here.

use super::*;

pub(super) const WORDS: LanguageData = LanguageData {
    code: "ja",
    units: ["時間", "日|日間", "週間", "か月|ヶ月|カ月|ケ月|か月間|ヶ月間", "年|年間"],
    numbers: &["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"],
    phrases: &[
        ("今日", Likely, Day(0)),
        ("昨日|きのう", Sure, Day(-1)),
        ("一昨日|おととい", Sure, Day(-2)),
        ("先週", Sure, Last(Unit::Week)),
        ("先月", Sure, Last(Unit::Month)),
        ("去年|昨年", Sure, Last(Unit::Year)),
        ("今週", Likely, This(Unit::Week)),
        ("今月", Likely, This(Unit::Month)),
        ("今年", Likely, This(Unit::Year)),
        ("過去|この|ここ {n} {unit}", Sure, Back),
        ("{n} {unit} 前", Sure, Ago),
        ("先週の {weekday}", Sure, Over),
        ("{when} に", Weak, At),
        ("{when} から|以降|以来", Sure, Since),
        ("{when} より? 前|以前", Likely, Before),
        ("{when} より? 後", Likely, After),
        ("{when} まで", Likely, Until),
        ("{when} から {when} まで", Likely, Between),
    ],
    dates: &["{year} 年 {month} {d} 日", "{month} {d} 日", "{year} 年 {month}", "{year} 年"],
    goes_on: "",
    past: "言った|言って|書いた|書いて|話した|話して|決まった|あった|起きた|でした|ました|発言|メッセージ",
    future: "明日|来週|来月|来年|予定|でしょう",
    spoken: "言|言った|言って|書|書いた|書いて|話|話した|話して|述|発言|メッセージ|投稿|によると",
    said_by: &[
        "{name} さん? が|は … 言|書|話|述",
        "{name} くん|君|ちゃん|氏 が|は … 言|書|話|述",
        "{name} さん? の 発言|メッセージ|投稿",
        "{name} さん? によると",
    ],
    i_said: &["私|僕|俺 が|は … 言|書|話", "自分の 発言"],
    no_names: "誰|誰か|何|皆|みんな|彼|彼女|私|僕|俺|それ|これ",
    inside: "",
    about: "",
    openers: &["それで|では|じゃあ|でも|そして", "なぜ|なんで|どうして", "他に|ほかに", "いつから", "本当に"],
    references: "それ|これ|あれ|その|この|あの|そこ|彼|彼女|彼ら",
    fillers: "何|なに|なん|誰|いつ|どこ|なぜ|どう|は|が|を|に|の|で|と|も|へ|か|ました|ます|です|でした|あった|ある|した|\
              して|言った|書いた|起きた|起|き|こと|ですか|について|まとめ|教えて|ください|た|い|っ|り|あ|ま|し",
};
