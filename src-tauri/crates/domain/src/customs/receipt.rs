//! Receipts of the unified version: how customs answered one document.
//!
//! Nine messages share one shape: keys that name the document, then status, time and text. Keys a
//! message does not carry are empty. What a status means is `clearance`'s to say; it stays raw here.

use super::{Extra, MessageKind};
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// One answer of customs (回执).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Receipt {
    /// Which receipt: CEB312, 412, 512, 514, 622, 624, 626, 712 or 900.
    pub message: MessageKind,
    /// Number of this receipt.
    pub guid: String,
    /// Customs office (申报地海关).
    pub customs_code: String,
    /// E-commerce platform, code.
    pub ebp_code: String,
    /// Merchant, code.
    pub ebc_code: String,
    /// Declarant, code.
    pub agent_code: String,
    /// Order number (312 and platform releases).
    pub order_no: String,
    /// Payment firm, code (412).
    pub pay_code: String,
    /// Payment number (412).
    pub pay_transaction_id: String,
    /// Carrier, code (512, 514).
    pub logistics_code: String,
    /// Waybill number (512, 514).
    pub logistics_no: String,
    /// Waybill status (514).
    pub logistics_status: String,
    /// Operator of the supervised site, code (712).
    pub operator_code: String,
    /// The declarant's own number of the document (企业内部编号): the key receipts are matched by.
    pub cop_no: String,
    /// The port's number (预录入编号).
    pub pre_no: String,
    /// Customs' number of the declaration list (清单编号).
    pub invt_no: String,
    /// Customs' number of the arrival list (712).
    pub rkd_no: String,
    /// Raw status (回执状态): `120`, `800`, `-621041` …
    pub return_status: String,
    /// When customs said so; the order of receipts.
    pub return_time: Option<Instant>,
    /// What customs said, `[Code:n;Desc:text]` and free text.
    pub return_info: String,
    /// The message refused (900).
    pub ori_cop_msg_id: String,
    /// Its type (900).
    pub ori_message_type: String,
    /// Its content (900).
    #[serde(with = "crate::personal::clear")]
    pub ori_biz_message: crate::personal::Personal,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

impl Receipt {
    /// Customs' code inside the text, `1800` of `[Code:1800;Desc:…]`.
    pub fn info_code(&self) -> Option<&str> {
        let (_, rest) = self.return_info.split_once("[Code:")?;
        let (code, _) = rest.split_once([';', ']'])?;
        Some(code.trim())
    }
}

/// One answer of a local single window (`jkfResult`; Hangzhou, Jinyi).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LocalReceipt {
    /// The firm that sent the document.
    pub company_code: String,
    /// Number of the document.
    pub business_no: String,
    /// `IMPORTORDER`, `PERSONAL_GOODS_DECLAR` …
    pub business_type: String,
    /// 1 new, 2 change, 3 delete.
    pub declare_type: String,
    /// 1 accepted, 2 or negative refused.
    pub chk_mark: String,
    /// Date of the answer, as sent.
    pub notice_date: String,
    /// Time of the answer, as sent.
    pub notice_time: String,
    /// Note.
    pub note: String,
    /// Reasons.
    pub results: Vec<LocalResult>,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

/// One reason in a local receipt.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LocalResult {
    /// `22001:text`.
    pub result_info: String,
    /// Elements the standard does not name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<Extra>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_found_inside_the_text() {
        let receipt = |info: &str| Receipt {
            return_info: info.into(),
            ..Receipt::default()
        };
        assert_eq!(receipt("[Code:2600;Desc:放行]").info_code(), Some("2600"));
        assert_eq!(receipt("新增申报成功[4CDE1CFD]").info_code(), None);
    }
}
