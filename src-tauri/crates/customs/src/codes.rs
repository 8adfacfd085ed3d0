//! Customs' numeric code tables: countries, units, currencies and customs offices.
//!
//! Only whether a code exists, as ranges; what it means is nobody's business here. The tables are of
//! 2019 and real messages use newer codes (office 2924 above all), so a code unknown here is told as a
//! doubt and never refused.

/// A code table of customs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeTable {
    /// Countries and regions (国别地区), three digits.
    Country,
    /// Units of measure (计量单位), three digits.
    Unit,
    /// Currencies (币制), three digits; 142 is the yuan.
    Currency,
    /// Customs offices (关区), four digits.
    Office,
}

impl CodeTable {
    /// How many digits its codes have.
    pub const fn digits(self) -> usize {
        match self {
            Self::Country | Self::Unit | Self::Currency => 3,
            Self::Office => 4,
        }
    }

    /// Whether the table holds a code.
    pub fn holds(self, code: &str) -> bool {
        if code.len() != self.digits() || !code.bytes().all(|b| b.is_ascii_digit()) {
            // The one office that is not a number.
            return self == Self::Office && code == "A100";
        }
        let Ok(code) = code.parse::<u16>() else {
            return false;
        };
        let ranges = self.ranges();
        let at = ranges.partition_point(|(_, last)| *last < code);
        ranges.get(at).is_some_and(|(first, _)| *first <= code)
    }

    const fn ranges(self) -> &'static [(u16, u16)] {
        match self {
            Self::Country => COUNTRIES,
            Self::Unit => UNITS,
            Self::Currency => CURRENCIES,
            Self::Office => OFFICES,
        }
    }
}

#[rustfmt::skip]
const COUNTRIES: &[(u16, u16)] = &[
    (100, 139), (141, 149), (199, 259), (299, 316), (318, 318), (320, 331), (334, 340), (343, 344),
    (347, 347), (349, 356), (399, 406), (408, 449), (499, 504), (599, 623), (625, 625), (699, 699),
    (701, 702), (999, 999),
];

#[rustfmt::skip]
const UNITS: &[(u16, u16)] = &[
    (1, 23), (25, 63), (67, 67), (70, 81), (83, 86), (88, 89), (95, 99), (101, 101),
    (110, 112), (115, 116), (118, 118), (120, 136), (139, 149), (163, 164),
];

#[rustfmt::skip]
const CURRENCIES: &[(u16, u16)] = &[
    (110, 110), (113, 113), (116, 116), (118, 118), (121, 122), (127, 127), (129, 129), (132, 132),
    (136, 136), (142, 143), (201, 201), (300, 300), (302, 303), (326, 326), (330, 332), (398, 398),
    (501, 502), (601, 601), (609, 610),
];

#[rustfmt::skip]
const OFFICES: &[(u16, u16)] = &[
    (0, 0), (100, 119), (121, 121), (123, 130), (200, 220), (400, 418), (500, 506), (600, 613),
    (700, 714), (800, 813), (900, 912), (915, 915), (917, 917), (930, 932), (940, 941), (950, 951),
    (960, 960), (980, 980), (1500, 1511), (1515, 1519), (1521, 1521), (1525, 1527), (1529, 1529), (1531, 1531),
    (1536, 1537), (1539, 1539), (1547, 1547), (1549, 1549), (1557, 1557), (1559, 1559), (1569, 1569), (1579, 1579),
    (1591, 1591), (1593, 1593), (1595, 1596), (1900, 1925), (2200, 2249), (2300, 2333), (2335, 2391), (2900, 2901),
    (2903, 2912), (2915, 2923), (2928, 2928), (2931, 2936), (2941, 2943), (2951, 2953), (2961, 2963), (2971, 2972),
    (2981, 2986), (2991, 2992), (3100, 3118), (3120, 3120), (3300, 3313), (3315, 3318), (3500, 3513), (3515, 3516),
    (3520, 3523), (3700, 3720), (3722, 3725), (3777, 3777), (3788, 3788), (4000, 4017), (4200, 4251), (4253, 4255),
    (4257, 4260), (4300, 4303), (4305, 4305), (4310, 4313), (4320, 4321), (4330, 4330), (4341, 4341), (4350, 4350),
    (4360, 4360), (4370, 4370), (4380, 4381), (4390, 4390), (4600, 4622), (4700, 4713), (4716, 4716), (4718, 4722),
    (4900, 4911), (4913, 4919), (4921, 4921), (5000, 5000), (5100, 5101), (5103, 5114), (5116, 5123), (5125, 5126),
    (5130, 5155), (5157, 5158), (5160, 5208), (5210, 5214), (5216, 5221), (5300, 5346), (5348, 5352), (5700, 5701),
    (5710, 5710), (5720, 5721), (5724, 5730), (5740, 5741), (5750, 5750), (5760, 5760), (5770, 5772), (5780, 5780),
    (5790, 5796), (5798, 5799), (6000, 6004), (6006, 6009), (6011, 6015), (6018, 6023), (6028, 6028), (6031, 6033),
    (6038, 6038), (6041, 6042), (6400, 6411), (6700, 6716), (6800, 6800), (6810, 6813), (6816, 6817), (6820, 6821),
    (6827, 6827), (6830, 6831), (6837, 6837), (6840, 6841), (6847, 6847), (6850, 6851), (6857, 6857), (6860, 6861),
    (6867, 6867), (6870, 6872), (6877, 6877), (7200, 7220), (7900, 7923), (8000, 8016), (8300, 8307), (8600, 8629),
    (8631, 8633), (8800, 8805), (8808, 8808), (9000, 9013), (9400, 9427), (9500, 9507), (9600, 9604), (9700, 9702),
    (9800, 9800), (9900, 9900),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_every_day_are_known_and_others_are_not() {
        for (table, known, unknown) in [
            (CodeTable::Country, ["142", "609"], ["000", "998"]),
            (CodeTable::Unit, ["035", "122"], ["024", "999"]),
            (CodeTable::Currency, ["142", "502"], ["001", "999"]),
            (CodeTable::Office, ["3105", "A100"], ["2924", "B100"]),
        ] {
            assert!(known.iter().all(|code| table.holds(code)), "{table:?}");
            assert!(!unknown.iter().any(|code| table.holds(code)), "{table:?}");
        }
        assert!(!CodeTable::Unit.holds("35") && !CodeTable::Country.holds("CHN"));
    }

    #[test]
    fn ranges_stand_in_order_so_that_halving_finds_them() {
        for table in [
            CodeTable::Country,
            CodeTable::Unit,
            CodeTable::Currency,
            CodeTable::Office,
        ] {
            let flat: Vec<u16> = table
                .ranges()
                .iter()
                .flat_map(|(a, b)| [*a, b + 1])
                .collect();
            assert!(flat.is_sorted(), "{table:?}");
        }
    }
}
