//! What customs means by the code in an answer: whose turn it is, and whether to wait, correct or send again.
//!
//! Customs writes codes into the text of a receipt (`[Code:1313;Desc:…]`) or as a negative status. No
//! complete list is public; these are the ones seen. The text beside a code stays authoritative, and a
//! code unknown here means nothing: it is shown as it came.

use crate::comparison::Fixer;
use crate::message::Message;
use serde::Serialize;

/// What is to be done about an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// Nothing: it went well.
    Done,
    /// Wait for the next answer.
    Wait,
    /// Send the same again later.
    Again,
    /// Correct it and declare again.
    Correct,
}

/// What a code means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// In words.
    pub said: Message,
    /// What to do.
    pub course: Course,
    /// Whose turn it is, when it is anybody's.
    pub fixer: Option<Fixer>,
}

/// The meaning of a code, when it is known.
pub fn reason(code: &str) -> Option<Reason> {
    use Course::{Again, Correct, Done, Wait};
    use Fixer::{Buyer, Declarant, Guarantor, PaymentFirm, Platform};
    let (said, course, fixer) = match code {
        "1800" => (says::logic_passed(), Wait, None),
        "2600" => (says::let_go(), Done, None),
        "2300" => (says::granted(), Done, None),
        "1200" => (says::manual_review(), Wait, None),
        "1300" => (says::manual_refusal(), Correct, Some(Declarant)),
        "1301" => (says::busy(), Again, Some(Declarant)),
        "1311" => (says::guarantee_short(), Again, Some(Guarantor)),
        "1313" => (says::year_exceeded(), Correct, Some(Buyer)),
        "1322" => (says::lines_differ(), Correct, Some(Declarant)),
        "1327" => (says::payer_differs(), Correct, Some(Platform)),
        "13035" => (says::payment_firm_differs(), Correct, Some(Platform)),
        "13127" => (says::buyer_differs(), Correct, Some(Declarant)),
        "1371" => (says::platform_fault(), Correct, Some(Platform)),
        "22001" => (says::payment_firm_unknown(), Correct, Some(PaymentFirm)),
        "-301020" => (says::signature_refused(), Again, Some(Platform)),
        "-621049" => (says::signature_refused(), Again, Some(Declarant)),
        "-621001" => (says::number_or_goods_unknown(), Correct, Some(Declarant)),
        "-621031" => (says::line_twice(), Correct, Some(Declarant)),
        "-621041" => (says::declared_already(), Wait, Some(Declarant)),
        "-621042" => (says::nothing_to_change(), Correct, Some(Declarant)),
        "-621043" => (says::change_not_allowed(), Wait, Some(Declarant)),
        "-621053" | "-621057" => (says::numbers_needed(), Correct, Some(Declarant)),
        "-621055" => (says::newer_exists(), Correct, Some(Declarant)),
        "-621999" => (says::number_changed(), Correct, Some(Declarant)),
        "-451" => (says::cancel_failed(), Again, Some(Declarant)),
        _ => return None,
    };
    Some(Reason {
        said,
        course,
        fixer,
    })
}

/// What customs' codes say.
pub mod says {
    crate::messages! {
        yes {
            /// 1800: not yet a release.
            logic_passed() = "clearance.reason.logic_passed";
            /// 2600.
            let_go() = "clearance.reason.let_go";
            /// 2300: a cancellation or return.
            granted() = "clearance.reason.granted";
            /// 1200.
            manual_review() = "clearance.reason.manual_review";
            /// 1300.
            manual_refusal() = "clearance.reason.manual_refusal";
            /// 1301.
            busy() = "clearance.reason.busy";
            /// 1311.
            guarantee_short() = "clearance.reason.guarantee_short";
            /// 1313.
            year_exceeded() = "clearance.reason.year_exceeded";
            /// 1322.
            lines_differ() = "clearance.reason.lines_differ";
            /// 1327.
            payer_differs() = "clearance.reason.payer_differs";
            /// 13035.
            payment_firm_differs() = "clearance.reason.payment_firm_differs";
            /// 13127.
            buyer_differs() = "clearance.reason.buyer_differs";
            /// 1371.
            platform_fault() = "clearance.reason.platform_fault";
            /// 22001.
            payment_firm_unknown() = "clearance.reason.payment_firm_unknown";
            /// -301020, -621049.
            signature_refused() = "clearance.reason.signature_refused";
            /// -621001.
            number_or_goods_unknown() = "clearance.reason.number_or_goods_unknown";
            /// -621031.
            line_twice() = "clearance.reason.line_twice";
            /// -621041.
            declared_already() = "clearance.reason.declared_already";
            /// -621042.
            nothing_to_change() = "clearance.reason.nothing_to_change";
            /// -621043.
            change_not_allowed() = "clearance.reason.change_not_allowed";
            /// -621053, -621057.
            numbers_needed() = "clearance.reason.numbers_needed";
            /// -621055.
            newer_exists() = "clearance.reason.newer_exists";
            /// -621999.
            number_changed() = "clearance.reason.number_changed";
            /// -451.
            cancel_failed() = "clearance.reason.cancel_failed";
        }
        no {}
    }
}
