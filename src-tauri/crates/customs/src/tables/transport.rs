//! What stands around the documents: who sends, by which channel, in how many pockets.

use crate::envelope::{Exchange, Package, Pocket, Subscription, Transfer};
use crate::leaf::Rule::*;
use crate::table::table;

table! {
    /// The sender at the foot of every CEB request.
    TRANSFER: Transfer, extra extra {
        copCode: cop_code, Up(18), Must;
        copName: cop_name, Up(100), Must;
        dxpMode: dxp_mode, C(3), Must;
        dxpId: dxp_id, Up(30), Must;
        note: note, Up(1000), May;
    }
}

table! {
    /// A third party that also gets data or receipts.
    SUBSCRIPTION: Subscription, extra extra {
        status: status, Up(10), Must;
        dxpMode: dxp_mode, C(3), Must;
        dxpAddress: dxp_address, Up(100), Must;
        note: note, Up(1000), May;
    }
}

table! {
    /// The head of every bonded message; `Envelop` is customs' own spelling.
    PACKAGE: Package, extra extra {
        version: version, Any, Must;
        business_id: business_id, Any, May;
        message_id: message_id, Any, Must;
        file_name: file_name, Any, Must;
        message_type: message_type, Any, Must;
        sender_id: sender_id, Any, Must;
        receiver_id: receiver_id, Any, Must;
        send_time: send_time, TimeT, May;
        Ic_Card: ic_card, Any, May;
    }
}

table! {
    /// Which part of a split answer this is.
    POCKET: Pocket, extra extra {
        pocket_id: pocket_id, Any, May;
        total_pocket_qty: total, Any, May;
        cur_pocket_no: current, Any, May;
        is_unstructured: unstructured, Any, May;
    }
}

table! {
    /// The exchange envelope's address; `CreatTime` is customs' own spelling.
    EXCHANGE: Exchange part "TransInfo", extra extra {
        CopMsgId: cop_msg_id, Up(255), Must;
        SenderId: sender_id, Up(16), Must;
        CreatTime: created_at, TimeT, Must;
        MsgType: msg_type, Up(30), Must;
    }
    children { texts ReceiverIds: receivers => ReceiverId; }
}
