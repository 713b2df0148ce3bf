//! Keyboard layouts: what 48 keys give, plain and with Shift.
//!
//! Made from the symbol tables of xkeyboard-config (Debian's xkb-data 2.35), resolved with `xkbcli compile-keymap`; the
//! key order is that of a US keyboard, row by row. Dead keys stand as their spacing accent, U+FFFD is a key that gives
//! nothing. xkeyboard-config is under MIT-style terms; no text of it is here, only which key gives which character.

/// A layout.
pub(super) struct Layout {
    /// Its name, for messages.
    pub(super) name: &'static str,
    /// What the keys give.
    pub(super) plain: &'static str,
    /// What they give with Shift.
    pub(super) shift: &'static str,
}

/// The layouts; the first is the one that the others are held against.
pub(super) static LAYOUTS: &[Layout] = &[
    Layout {
        name: "us",
        plain: "`1234567890-=qwertyuiop[]asdfghjkl;'\\<zxcvbnm,./",
        shift: "~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"|>ZXCVBNM<>?",
    },
    Layout {
        name: "gb",
        plain: "`1234567890-=qwertyuiop[]asdfghjkl;'#\\zxcvbnm,./",
        shift: "¬!\"£$%^&*()_+QWERTYUIOP{}ASDFGHJKL:@~|ZXCVBNM<>?",
    },
    Layout {
        name: "de",
        plain: "^1234567890ß´qwertzuiopü+asdfghjklöä#<yxcvbnm,.-",
        shift: "°!\"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄ'>YXCVBNM;:_",
    },
    Layout {
        name: "ch-de",
        plain: "§1234567890'^qwertzuiopü¨asdfghjklöä$<yxcvbnm,.-",
        shift: "°+\"*ç%&/()=?`QWERTZUIOPè!ASDFGHJKLéà£>YXCVBNM;:_",
    },
    Layout {
        name: "ch-fr",
        plain: "§1234567890'^qwertzuiopè¨asdfghjkléà$<yxcvbnm,.-",
        shift: "°+\"*ç%&/()=?`QWERTZUIOPü!ASDFGHJKLöä£>YXCVBNM;:_",
    },
    Layout {
        name: "at",
        plain: "^1234567890ß´qwertzuiopü+asdfghjklöä#<yxcvbnm,.-",
        shift: "°!\"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄ'>YXCVBNM;:_",
    },
    Layout {
        name: "fr",
        plain: "²&é\"'(-è_çà)=azertyuiop^$qsdfghjklmù*<wxcvbn,;:!",
        shift: "~1234567890°+AZERTYUIOP¨£QSDFGHJKLM%µ>WXCVBN?./§",
    },
    Layout {
        name: "be",
        plain: "²&é\"'(§è!çà)-azertyuiop^$qsdfghjklmùµ<wxcvbn,;:=",
        shift: "³1234567890°_AZERTYUIOP¨*QSDFGHJKLM%£>WXCVBN?./+",
    },
    Layout {
        name: "es",
        plain: "º1234567890'¡qwertyuiop`+asdfghjklñ´ç<zxcvbnm,.-",
        shift: "ª!\"·$%&/()=?¿QWERTYUIOP^*ASDFGHJKLÑ¨Ç>ZXCVBNM;:_",
    },
    Layout {
        name: "latam",
        plain: "|1234567890'¿qwertyuiop´+asdfghjklñ{}<zxcvbnm,.-",
        shift: "°!\"#$%&/()=?¡QWERTYUIOP¨*ASDFGHJKLÑ[]>ZXCVBNM;:_",
    },
    Layout {
        name: "it",
        plain: "\\1234567890'ìqwertyuiopè+asdfghjklòàù<zxcvbnm,.-",
        shift: "|!\"£$%&/()=?^QWERTYUIOPé*ASDFGHJKLç°§>ZXCVBNM;:_",
    },
    Layout {
        name: "pt",
        plain: "\\1234567890'«qwertyuiop+´asdfghjklçº~<zxcvbnm,.-",
        shift: "|!\"#$%&/()=?»QWERTYUIOP*`ASDFGHJKLÇª^>ZXCVBNM;:_",
    },
    Layout {
        name: "br",
        plain: "'1234567890-=qwertyuiop´[asdfghjklç~]\\zxcvbnm,.;",
        shift: "\"!@#$%¨&*()_+QWERTYUIOP`{ASDFGHJKLÇ^}|ZXCVBNM<>:",
    },
    Layout {
        name: "se",
        plain: "§1234567890+´qwertyuiopå¨asdfghjklöä'<zxcvbnm,.-",
        shift: "½!\"#¤%&/()=?`QWERTYUIOPÅ^ASDFGHJKLÖÄ*>ZXCVBNM;:_",
    },
    Layout {
        name: "no",
        plain: "|1234567890+\\qwertyuiopå¨asdfghjkløæ'<zxcvbnm,.-",
        shift: "§!\"#¤%&/()=?`QWERTYUIOPÅ^ASDFGHJKLØÆ*>ZXCVBNM;:_",
    },
    Layout {
        name: "dk",
        plain: "½1234567890+´qwertyuiopå¨asdfghjklæø'<zxcvbnm,.-",
        shift: "§!\"#¤%&/()=?`QWERTYUIOPÅ^ASDFGHJKLÆØ*>ZXCVBNM;:_",
    },
    Layout {
        name: "fi",
        plain: "§1234567890+´qwertyuiopå¨asdfghjklöä'<zxcvbnm,.-",
        shift: "½!\"#¤%&/()=?`QWERTYUIOPÅ^ASDFGHJKLÖÄ*>ZXCVBNM;:_",
    },
    Layout {
        name: "pl-prog",
        plain: "`1234567890-=qwertyuiop[]asdfghjkl;'\\<zxcvbnm,./",
        shift: "~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"|>ZXCVBNM<>?",
    },
    Layout {
        name: "cz",
        plain: ";+ěščřžýáíé=´qwertzuiopú)asdfghjklů§¨\\yxcvbnm,.-",
        shift: "°1234567890%ˇQWERTZUIOP/(ASDFGHJKL\"!'|YXCVBNM?:_",
    },
    Layout {
        name: "cz-qwerty",
        plain: ";+ěščřžýáíé=´qwertyuiopú)asdfghjklů§¨\\zxcvbnm,.-",
        shift: "°1234567890%ˇQWERTYUIOP/(ASDFGHJKL\"!'|ZXCVBNM?:_",
    },
    Layout {
        name: "sk",
        plain: ";+ľščťžýáíé=´qwertzuiopúäasdfghjklô§ň\\yxcvbnm,.-",
        shift: "°1234567890%ˇQWERTZUIOP/(ASDFGHJKL\"!)|YXCVBNM?:_",
    },
    Layout {
        name: "hu",
        plain: "0123456789öüóqwertzuiopőúasdfghjkléáűíyxcvbnm,.-",
        shift: "§'\"+!%/=()ÖÜÓQWERTZUIOPŐÚASDFGHJKLÉÁŰÍYXCVBNM?:_",
    },
    Layout {
        name: "si",
        plain: "¸1234567890'+qwertzuiopšđasdfghjklčćž<yxcvbnm,.-",
        shift: "¨!\"#$%&/()=?*QWERTZUIOPŠĐASDFGHJKLČĆŽ>YXCVBNM;:_",
    },
    Layout {
        name: "hr",
        plain: "`1234567890'+qwertzuiopšđasdfghjklčćž<yxcvbnm,.-",
        shift: "~!\"#$%&/()=?*QWERTZUIOPŠĐASDFGHJKLČĆŽ>YXCVBNM;:_",
    },
    Layout {
        name: "ro",
        plain: "`1234567890-=qwertyuiop[]asdfghjkl;'\\\\zxcvbnm,./",
        shift: "~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"||ZXCVBNM<>?",
    },
    Layout {
        name: "tr-q",
        plain: "\"1234567890*-qwertyuıopğüasdfghjklşi,<zxcvbnmöç.",
        shift: "é!'^+%&/()=?_QWERTYUIOPĞÜASDFGHJKLŞİ;>ZXCVBNMÖÇ:",
    },
    Layout {
        name: "tr-f",
        plain: "+1234567890/-fgğıodrnhpqwuieaütkmlyşx<jövcçzsb.,",
        shift: "*!\"^$%&'()=?_FGĞIODRNHPQWUİEAÜTKMLYŞX>JÖVCÇZSB:;",
    },
    Layout {
        name: "ru",
        plain: "ё1234567890-=йцукенгшщзхъфывапролджэ\\/ячсмитьбю.",
        shift: "Ё!\"№;%:?*()_+ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭ/|ЯЧСМИТЬБЮ,",
    },
    Layout {
        name: "ua",
        plain: "'1234567890-=йцукенгшщзхїфівапролджєґ/ячсмитьбю.",
        shift: "ʼ!\"№;%:?*()_+ЙЦУКЕНГШЩЗХЇФІВАПРОЛДЖЄҐ|ЯЧСМИТЬБЮ,",
    },
    Layout {
        name: "bg-trad",
        plain: "(1234567890-.,уеишщксдзц;ьяаожгтнвмч„ѝюйъэфхпрлб",
        shift: ")!?+\"%=:/–№$€ыУЕИШЩКСДЗЦ§ѝЯАОЖГТНВМЧ“ЍЮЙЪЭФХПРЛБ",
    },
    Layout {
        name: "bg-phon",
        plain: "ч1234567890-=явертъуиопшщасдфгхйкл;'юѝзьцжбнм,./",
        shift: "Ч!@№$%€§*()–+ЯВЕРТЪУИОПШЩАСДФГХЙКЛ:\"ЮЍЗѝЦЖБНМ„“?",
    },
    Layout {
        name: "gr",
        plain: "`1234567890-=;ςερτυθιοπ[]ασδφγηξκλ´'\\«ζχψωβνμ,./",
        shift: "~!@#$%^&*()_+:ΣΕΡΤΥΘΙΟΠ{}ΑΣΔΦΓΗΞΚΛ¨\"|»ΖΧΨΩΒΝΜ<>?",
    },
    Layout {
        name: "il",
        plain: ";1234567890-=/'קראטוןםפ][שדגכעיחלךף,\\<זסבהנמצתץ.",
        shift: "~!@#$%^&*)(_+QWERTYUIOP}{ASDFGHJKL:\"|>ZXCVBNM><?",
    },
    Layout {
        name: "ara",
        plain: "ذ1234567890-=ضصثقفغعهخحجدشسيبلاتنمكط\\|ئءؤرﻻىةوزظ",
        shift: "\u{651}!@#$%^&*)(_+\u{64E}\u{64B}\u{64F}\u{64C}ﻹإ`÷×؛<>\u{650}\u{64D}][ﻷأـ،/:\"…¦~\u{652}}{ﻵآ',.؟",
    },
    Layout {
        name: "ir",
        plain: "\u{200D}۱۲۳۴۵۶۷۸۹۰-=ضصثقفغعهخحجچشسیبلاتنمکگ\\<ظطزرذدپو./",
        shift: "÷!٬٫﷼٪×،*)(ـ+\u{652}\u{64C}\u{64D}\u{64B}\u{64F}\u{650}\u{64E}\u{651}][}{ؤئيإأآة»«:؛|>ك\u{653}ژ\u{670}\u{200C}\u{654}ء><؟",
    },
    Layout {
        name: "th",
        plain: "_ๅ/-ภถ\u{E38}\u{E36}คตจขชๆไำพะ\u{E31}\u{E35}รนยบลฟหกดเ\u{E49}\u{E48}าสวงฃ<ผปแอ\u{E34}\u{E37}ทมใฝ",
        shift: "%+๑๒๓๔\u{E39}฿๕๖๗๘๙๐\"ฎฑธ\u{E4D}\u{E4A}ณฯญฐ,ฤฆฏโฌ\u{E47}\u{E4B}ษศซ.ฅ>()ฉฮ\u{E3A}\u{E4C}?ฒฬฦ",
    },
    Layout {
        name: "kr",
        plain: "`1234567890-=qwertyuiop[]asdfghjkl;'\\<zxcvbnm,./",
        shift: "~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"|>ZXCVBNM<>?",
    },
    Layout {
        name: "jp",
        plain: "\u{FFFD}1234567890-^qwertyuiop@[asdfghjkl;:]<zxcvbnm,./",
        shift: "\u{FFFD}!\"#$%&'()~=~QWERTYUIOP`{ASDFGHJKL+*}>ZXCVBNM<>?",
    },
    Layout {
        name: "ca",
        plain: "#1234567890-=qwertyuiop^¸asdfghjkl;`<«zxcvbnm,.é",
        shift: "|!\"/$%?&*()_+QWERTYUIOP^¨ASDFGHJKL:`>»ZXCVBNM'.É",
    },
    Layout {
        name: "dvorak",
        plain: "`1234567890[]',.pyfgcrl/=aoeuidhtns-\\<;qjkxbmwvz",
        shift: "~!@#$%^&*(){}\"<>PYFGCRL?+AOEUIDHTNS_|>:QJKXBMWVZ",
    },
    Layout {
        name: "colemak",
        plain: "`1234567890-=qwfpgjluy;[]arstdhneio'\\-zxcvbkm,./",
        shift: "~!@#$%^&*()_+QWFPGJLUY:{}ARSTDHNEIO\"|_ZXCVBKM<>?",
    },
    Layout {
        name: "us-intl",
        plain: "`1234567890-=qwertyuiop[]asdfghjkl;´\\\\zxcvbnm,./",
        shift: "~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:¨||ZXCVBNM<>?",
    },
    Layout {
        name: "us-mac",
        plain: "`1234567890-=qwertyuiop[]asdfghjkl;'\\§zxcvbnm,./",
        shift: "~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"|±ZXCVBNM<>?",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_has_the_same_keys() {
        for layout in LAYOUTS {
            assert_eq!((layout.plain.chars().count(), layout.shift.chars().count()), (48, 48), "{}", layout.name);
        }
        assert_eq!((LAYOUTS[0].name, LAYOUTS.len()), ("us", 43));
    }
}
