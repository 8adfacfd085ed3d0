//! Checks against code lists: countries, currencies, packages, media.
//!
//! The lists are standards of their own (ISO 3166-1, ISO 4217, UN/ECE Recommendation 21 as GS1
//! extends it); a code that is withdrawn stays out, as in the GS1 syntax tests.

use super::super::Fault;
use super::{require, whole};

/// ISO 3166-1 numeric codes; `a-b` are all from a to b.
const COUNTRIES: &str = "\
    004 008 010 012 016 020 024 028 031 032 036 040 044 048 050-052 056 060 064 068 070 072 \
    074 076 084 086 090 092 096 100 104 108 112 116 120 124 132 136 140 144 148 152 156 158 \
    162 166 170 174 175 178 180 184 188 191 192 196 203 204 208 212 214 218 222 226 231-234 \
    238 239 242 246 248 250 254 258 260 262 266 268 270 275 276 288 292 296 300 304 308 312 \
    316 320 324 328 332 334 336 340 344 348 352 356 360 364 368 372 376 380 384 388 392 398 \
    400 404 408 410 414 417 418 422 426 428 430 434 438 440 442 446 450 454 458 462 466 470 \
    474 478 480 484 492 496 498-500 504 508 512 516 520 524 528 531 533-535 540 548 554 558 \
    562 566 570 574 578 580 581 583-586 591 598 600 604 608 612 616 620 624 626 630 634 638 \
    642 643 646 652 654 659 660 662 663 666 670 674 678 682 686 688 690 694 702-706 710 716 \
    724 728 729 732 740 744 748 752 756 760 762 764 768 772 776 780 784 788 792 795 796 798 \
    800 804 807 818 826 831-834 840 850 854 858 860 862 876 882 887 894";

/// ISO 3166-1 two-letter codes: the first letter, then every second one.
const COUNTRY_LETTERS: &str = "\
    A:DEFGILMOQRSTUWXZ B:ABDEFGHIJLMNOQRSTVWYZ C:ACDFGHIKLMNORUVWXYZ D:EJKMOZ E:CEGHRST \
    F:IJKMOR G:ABDEFGHILMNPQRSTUWY H:KMNRTU I:DELMNOQRST J:EMOP K:EGHIMNPRWYZ L:ABCIKRSTUVY \
    M:ACDEFGHKLMNOPQRSTUVWXYZ N:ACEFGILOPRUZ O:M P:AEFGHKLMNRSTWY Q:A R:EOSUW \
    S:ABCDEGHIJKLMNORSTVXYZ T:CDFGHJKLMNORTVWZ U:AGMSYZ V:ACEGINU W:FS Y:ET Z:AMW";

/// ISO 4217 numeric codes, funds and testing codes included; `a-b` are all from a to b.
const CURRENCIES: &str = "\
    008 012 032 036 044 048 050-052 060 064 068 072 084 090 096 104 108 116 124 132 136 144 \
    152 156 170 174 188 192 203 208 214 222 230 232 238 242 262 270 292 320 324 328 332 340 \
    344 348 352 356 360 364 368 376 388 392 396 398 400 404 408 410 414 417 418 422 426 430 \
    434 446 454 458 462 480 484 496 498 504 512 516 524 532 533 548 554 558 566 578 586 590 \
    598 600 604 608 634 643 646 654 682 690 702 704 706 710 728 748 752 756 760 764 776 780 \
    784 788 800 807 818 826 834 840 858 860 882 886 901 924-930 933 934 936 938 940 941 943 \
    944 946-953 955-965 967-973 976-981 984-986 990 994 997 999";

/// UN/ECE Recommendation 21 package types with the GS1 additions.
const PACKAGES: &str = "\
    1A 1B 1D 1F 1G 1W 200 201 202 203 204 205 206 210 211 212 2C 3A 3H 43 44 4A 4B 4C 4D 4F \
    4G 4H 5H 5L 5M 6H 6P 7A 7B 8 8A 8B 8C 9 AA AB AC AD AF AG AH AI AJ AL AM AP APE AT AV B4 \
    BB BC BD BE BF BG BGE BH BI BJ BK BL BM BME BN BO BP BQ BR BRI BS BT BU BV BW BX BY BZ \
    CA CB CBL CC CCE CD CE CF CG CH CI CJ CK CL CM CN CO CP CQ CR CS CT CU CV CW CX CY CZ DA \
    DB DC DG DH DI DJ DK DL DM DN DP DPE DR DS DT DU DV DW DX DY E1 E2 E3 EC ED EE EF EG EH \
    EI EN FB FC FD FE FI FL FO FOB FP FPE FR FT FW FX GB GI GL GR GU GY GZ HA HB HC HG HN HR \
    IA IB IC ID IE IF IG IH IK IL IN IZ JB JC JG JR JT JY KG KI LAB LE LG LT LU LV LZ MA MB \
    MC ME MPE MR MS MT MW MX NA NE NF NG NS NT NU NV OA OB OC OD OE OF OK OPE OT OU P2 PA \
    PAE PB PC PD PE PF PG PH PI PJ PK PL PLP PN PO POP PP PPE PR PT PU PUE PV PX PY PZ QA QB \
    QC QD QF QG QH QJ QK QL QM QN QP QQ QR QS RB1 RB2 RB3 RCB RD RG RJ RK RL RO RT RZ S1 SA \
    SB SC SD SE SEC SH SI SK SL SM SO SP SS ST STL SU SV SW SX SY SZ T1 TB TC TD TE TEV TG \
    THE TI TK TL TN TO TR TRE TS TT TTE TU TV TW TWE TY TZ UC UN UUE VA VG VI VK VL VN VO VP \
    VQ VR VS VY WA WB WC WD WF WG WH WJ WK WL WM WN WP WQ WR WRP WS WT WU WV WW WX WY WZ X11 \
    X12 X15 X16 X17 X18 X19 X20 X3 XA XB XC XD XF XG XH XJ XK YA YB YC YD YF YG YH YJ YK YL \
    YM YN YP YQ YR YS YT YV YW YX YY YZ ZA ZB ZC ZD ZF ZG ZH ZJ ZK ZL ZM ZN ZP ZQ ZR ZS ZT \
    ZU ZV ZW ZX ZY ZZ";

fn listed(list: &str, code: &str) -> bool {
    code.len() == 3
        && code.bytes().all(|byte| byte.is_ascii_digit())
        && list.split(' ').any(|entry| {
            let (first, last) = entry.split_once('-').unwrap_or((entry, entry));
            (first..=last).contains(&code)
        })
}

pub(super) fn country(value: &str) -> Result<(), Fault> {
    require(listed(COUNTRIES, value), "not_iso3166", value)
}

pub(super) fn country_or_999(value: &str) -> Result<(), Fault> {
    require(
        value == "999" || listed(COUNTRIES, value),
        "not_iso3166_or_999",
        value,
    )
}

fn is_country(letters: &str) -> bool {
    let mut two = letters.chars();
    let (Some(first), Some(second), None) = (two.next(), two.next(), two.next()) else {
        return false;
    };
    COUNTRY_LETTERS
        .split(' ')
        .filter_map(|group| group.split_once(':'))
        .any(|(initial, seconds)| initial.starts_with(first) && seconds.contains(second))
}

pub(super) fn country_letters(value: &str) -> Result<(), Fault> {
    require(is_country(value), "not_iso3166_alpha2", value)
}

pub(super) fn currency(value: &str) -> Result<(), Fault> {
    require(listed(CURRENCIES, value), "not_iso4217", value)
}

pub(super) fn package_type(value: &str) -> Result<(), Fault> {
    require(
        !value.is_empty() && PACKAGES.split(' ').any(|code| code == value),
        "invalid_package_type",
        value,
    )
}

/// GS1's AIDC media types 01 to 10, and 80 to 99 for use by a national organisation.
pub(super) fn media_type(value: &str) -> Result<(), Fault> {
    require(
        matches!(
            value.as_bytes(),
            [b'0', b'1'..=b'9'] | b"10" | [b'8' | b'9', b'0'..=b'9']
        ),
        "invalid_media_type",
        value,
    )
}

/// ISO/IEC 5218: not known, male, female, not applicable.
pub(super) fn sex(value: &str) -> Result<(), Fault> {
    require(
        matches!(value, "0" | "1" | "2" | "9"),
        "invalid_biological_sex_code",
        value,
    )
}

/// Which way a roll is wound: face out, face in, undefined.
pub(super) fn winding(value: &str) -> Result<(), Fault> {
    require(
        matches!(value, "0" | "1" | "9"),
        "invalid_winding_direction",
        value,
    )
}

pub(super) fn yes_no(value: &str) -> Result<(), Fault> {
    require(matches!(value, "0" | "1"), "not_zero_or_one", value)
}

/// ISO 13616: country, two check digits, up to 30 more; modulo 97 of the rotated text is 1.
pub(super) fn iban(value: &str) -> Result<(), Fault> {
    require(value.len() > SHORTEST_IBAN, "iban_too_short", value)?;
    require(value.len() <= 34, "iban_too_long", value)?;
    super::each(value, "invalid_iban_character", |byte| {
        byte.is_ascii_digit() || byte.is_ascii_uppercase()
    })?;
    let (country, rest) = value
        .split_at_checked(2)
        .ok_or_else(|| whole("iban_too_short", value))?;
    if !is_country(country) {
        return Err(whole("illegal_iban_country_code", country));
    }
    let rotated = rest
        .chars()
        .skip(2)
        .chain(country.chars())
        .chain(rest.chars().take(2));
    let remainder = rotated
        .filter_map(|one| one.to_digit(36))
        .fold(0u32, |so_far, worth| {
            let shift = if worth < 10 { 10 } else { 100 };
            so_far.wrapping_mul(shift).wrapping_add(worth) % 97
        });
    if remainder == 1 {
        Ok(())
    } else {
        Err(Fault::new("incorrect_iban_checksum", 2, 2))
    }
}

/// Country, check digits and at least one character of the account.
const SHORTEST_IBAN: usize = 4;
