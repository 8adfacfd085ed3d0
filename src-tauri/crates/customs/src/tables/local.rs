//! Messages beside the two families: local single windows and shops' own platforms.

use crate::leaf::Rule::*;
use crate::table::table;
use bondhouse_domain::customs::{LocalReceipt, LocalResult, Receipt};

table! {
    /// `jkfResult` of Hangzhou and Jinyi.
    LOCAL_RECEIPT: LocalReceipt, extra extra {
        companyCode: company_code, Any, May;
        businessNo: business_no, Any, Key;
        businessType: business_type, Any, Must;
        declareType: declare_type, Any, May;
        chkMark: chk_mark, Any, Key;
        noticeDate: notice_date, Any, May;
        noticeTime: notice_time, Any, May;
        note: note, Any, May;
    }
    children { part resultList: results => LOCAL_RESULTS; }
}

table! {
    /// The wrapper of its reasons.
    LOCAL_RESULTS: LocalReceipt part "resultList", extra extra {}
    children { many jkfResultDetail: results => LOCAL_RESULT; }
}

table! {
    /// One reason.
    LOCAL_RESULT: LocalResult, extra extra {
        resultInfo: result_info, Any, May;
    }
}

table! {
    /// A shop platform's list of released declarations; its status codes are its own (`3070`).
    PLATFORM_RELEASE: Receipt, extra extra {
        orderNo: order_no, Any, May;
        invtNo: invt_no, Any, Key;
        returnStatus: return_status, Any, Key;
        returnInfo: return_info, Any, May;
    }
}
