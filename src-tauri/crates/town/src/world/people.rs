//! Made-up people. Nobody can be met in the street under what stands here.
//!
//! Names are heavenly stems and earthly branches, telephone numbers begin 1990000, identity numbers
//! carry a right check character but the region 990000, which was never given out.

use crate::dice::Dice;
use bondhouse_domain::personal::Personal;

const STEMS: &[&str] = &["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"];
const BRANCHES: &[&str] = &[
    "子", "丑", "寅", "卯", "辰", "巳", "午", "未", "申", "酉", "戌", "亥",
];
/// Administrative divisions with the names that stand before the street.
const DISTRICTS: &[(&str, &str)] = &[
    ("310115", "上海市浦东新区"),
    ("320106", "江苏省南京市鼓楼区"),
    ("320505", "江苏省苏州市虎丘区"),
    ("330106", "浙江省杭州市西湖区"),
    ("330203", "浙江省宁波市海曙区"),
    ("340104", "安徽省合肥市蜀山区"),
    ("350203", "福建省厦门市思明区"),
    ("110108", "北京市海淀区"),
    ("370202", "山东省青岛市市南区"),
    ("420111", "湖北省武汉市洪山区"),
    ("440106", "广东省广州市天河区"),
    ("440305", "广东省深圳市南山区"),
    ("510107", "四川省成都市武侯区"),
    ("610113", "陕西省西安市雁塔区"),
];
/// How many different buyers there are.
const BUYERS: u64 = 600;

/// Someone who buys.
#[derive(Debug, Clone)]
pub(crate) struct Buyer {
    pub(crate) account: Personal,
    pub(crate) name: Personal,
    pub(crate) phone: Personal,
    pub(crate) id_number: Personal,
    pub(crate) district: &'static str,
    pub(crate) address: Personal,
}

/// One of the town's buyers.
pub(crate) fn buyer(seed: u64, dice: &mut Dice) -> Buyer {
    person(seed, dice.between(0, BUYERS - 1))
}

/// Buyer number `n` of a seed: always the same person.
pub(crate) fn person(seed: u64, n: u64) -> Buyer {
    let mut dice = Dice::of(seed, "person", n);
    let name = [STEMS, BRANCHES, BRANCHES]
        .into_iter()
        .filter_map(|part| dice.pick(part).copied())
        .collect::<String>();
    let born = format!(
        "{:04}{:02}{:02}",
        dice.between(1970, 2001),
        dice.between(1, 12),
        dice.between(1, 28)
    );
    let (district, region) = dice
        .pick(DISTRICTS)
        .copied()
        .unwrap_or(("310115", "上海市浦东新区"));
    let address = format!(
        "{region}示例路{}号{}单元{}室",
        dice.between(1, 299),
        dice.between(1, 6),
        dice.between(1, 30) * 100 + dice.between(1, 4)
    );
    Buyer {
        account: Personal::new(format!("u{:02}{n:05}", seed % 100)),
        name: Personal::new(name),
        phone: Personal::new(format!("1990000{n:04}")),
        id_number: Personal::new(id_number(&born, n)),
        district,
        address: Personal::new(address),
    }
}

/// 18 characters of GB 11643: region, birth date, serial, check character.
fn id_number(born: &str, n: u64) -> String {
    let first = format!("990000{born}{:03}", n % 1_000);
    // Weights are powers of two from the right, modulo 11.
    let sum = first.bytes().fold(0u32, |sum, byte| {
        (sum * 2 + u32::from(byte.wrapping_sub(b'0'))) % 11
    });
    let check = "10X98765432".chars().nth((sum as usize * 2) % 11);
    first + &check.map_or_else(String::new, String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_number_has_the_right_check_character_and_an_impossible_region() {
        // The worked example of GB 11643-1999 is 11010519491231002X; only the region differs here.
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        for n in 0..200 {
            let person = person(42, n);
            let id = person.id_number.reveal();
            assert!(id.starts_with("990000") && id.len() == 18, "{n}");
            let sum: u32 = id
                .chars()
                .zip(weights)
                .map(|(c, w)| c.to_digit(10).unwrap() * w)
                .sum();
            let right = "10X98765432".chars().nth(sum as usize % 11);
            assert_eq!(id.chars().last(), right, "{n}");
            assert!(person.phone.reveal().starts_with("1990000"));
        }
    }
}
