//! Whatever happens in whatever order, the tables are what journal and feed say.

use crate::world::*;
use bondhouse_domain::facts::{
    CaseRaised, Condition, Fact, LabelPrinted, LeaseDropped, ReleaseParked, Undone,
};
use bondhouse_domain::feed::{CaseNews, News, NoticeEnd, Pass, PassParcel};
use bondhouse_domain::ids::{BondedNoteNo, CaseId, Fence, GatePassNo, NoticeNo, Seq};
use bondhouse_domain::ledger::Account;
use bondhouse_domain::orders::{CaseCode, State};
use bondhouse_domain::stock::Bucket;
use bondhouse_store::{Page, verify};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Act {
    Count(i64, Condition),
    PutAway(i64),
    Undo(u64),
    Start(u8, u32),
    Pick(u8),
    Park(u8),
    Release(u8, u32),
    Drop(u8, u32),
    Print(u8),
    Case(u8),
    HearLeased(u8, u32),
    HearMoved(Bucket, Bucket, i64),
    HearBook(i64),
    HearPass(u8, bool),
    HearCase(u8, bool),
    HearNoticeClosed,
    Grant(u8, u32, bool),
    Revoke(u8, u32),
    Push(usize, u64),
    Restart,
}

fn acts() -> impl Strategy<Value = Act> {
    let (who, fence) = (0u8..3, 1u32..3);
    let bucket = || {
        prop_oneof![
            Just(Bucket::Available),
            Just(Bucket::Reserved),
            Just(Bucket::InDoubt),
            Just(Bucket::Blocked)
        ]
    };
    let condition = prop_oneof![
        Just(Condition::Good),
        Just(Condition::Damaged),
        Just(Condition::Over)
    ];
    prop_oneof![
        4 => (1i64..30, condition).prop_map(|(n, c)| Act::Count(n, c)),
        4 => (1i64..20).prop_map(Act::PutAway),
        2 => (1u64..30).prop_map(Act::Undo),
        2 => (who.clone(), fence.clone()).prop_map(|(w, f)| Act::Start(w, f)),
        2 => who.clone().prop_map(Act::Pick),
        1 => who.clone().prop_map(Act::Park),
        2 => (who.clone(), fence.clone()).prop_map(|(w, f)| Act::Release(w, f)),
        1 => (who.clone(), fence.clone()).prop_map(|(w, f)| Act::Drop(w, f)),
        1 => who.clone().prop_map(Act::Print),
        1 => who.clone().prop_map(Act::Case),
        1 => (who.clone(), fence.clone()).prop_map(|(w, f)| Act::HearLeased(w, f)),
        3 => (bucket(), bucket(), 1i64..10).prop_map(|(a, b, n)| Act::HearMoved(a, b, n)),
        1 => (1i64..10).prop_map(Act::HearBook),
        1 => (who.clone(), any::<bool>()).prop_map(|(w, b)| Act::HearPass(w, b)),
        1 => (who.clone(), any::<bool>()).prop_map(|(w, b)| Act::HearCase(w, b)),
        1 => Just(Act::HearNoticeClosed),
        3 => (who.clone(), fence.clone(), any::<bool>()).prop_map(|(w, f, b)| Act::Grant(w, f, b)),
        1 => (who, fence).prop_map(|(w, f)| Act::Revoke(w, f)),
        2 => (1usize..20, prop_oneof![Just(0), any::<u64>()]).prop_map(|(n, d)| Act::Push(n, d)),
        1 => Just(Act::Restart),
    ]
}

/// Many acts are refused or cannot be; what matters is that each happens whole or not at all.
fn act(world: &mut World, act: Act) {
    let name = |who: u8| format!("B{who}");
    let facts = match act {
        Act::Count(n, condition) => vec![counted(n, condition)],
        Act::PutAway(n) => vec![put_away(n)],
        Act::Undo(seq) => match world.store().read(|view| view.event(Seq(seq))).unwrap() {
            None => return,
            Some(event) => {
                let back = Fact::read(&event.kind, event.v, &event.body)
                    .unwrap()
                    .moves()
                    .reversed();
                let (stock, ledger) = (back.stock, back.ledger);
                vec![Fact::Undone(Undone {
                    seq: Seq(seq),
                    kind: event.kind,
                    stock,
                    ledger,
                    reason: "undo".into(),
                })]
            }
        },
        Act::Start(who, fence) => vec![started(&name(who), fence)],
        Act::Pick(who) => vec![picked(&name(who))],
        Act::Park(who) => vec![Fact::ReleaseParked(ReleaseParked {
            order: order(&name(who)),
        })],
        Act::Release(who, fence) => vec![picked(&name(who)), released(&name(who), fence)],
        Act::Drop(who, fence) => vec![Fact::LeaseDropped(LeaseDropped {
            order: order(&name(who)),
            grant: grant_id(&name(who), fence),
            fence: Fence(fence),
            why: "returned".into(),
        })],
        Act::Print(who) => vec![Fact::LabelPrinted(LabelPrinted {
            order: order(&name(who)),
            waybill: waybill(&name(who)),
            copy: 0,
        })],
        Act::Case(who) => vec![Fact::CaseRaised(CaseRaised {
            case: CaseId::new(format!("c{who}")),
            code: CaseCode::Damaged,
            room: "intake".into(),
            about: "N-1".into(),
        })],
        Act::HearLeased(who, fence) => return hear(world, leased(&name(who), fence)),
        Act::HearMoved(from, to, n) => return hear(world, moved(from, to, n)),
        Act::HearBook(n) => return hear(world, book(Account::Booked, Account::PreOut, n)),
        Act::HearPass(who, is_loaded) => {
            let parcel = PassParcel {
                order: order(&name(who)),
                waybill: waybill(&name(who)),
                loaded: is_loaded,
            };
            return hear(
                world,
                News::Pass(Pass {
                    pass: GatePassNo::new("P1"),
                    note: BondedNoteNo::new("QD1"),
                    vehicle: "浙B12345".into(),
                    state: "approved".into(),
                    parcels: vec![parcel],
                }),
            );
        }
        Act::HearCase(who, open) => {
            let case = CaseId::new(format!("c{who}"));
            return hear(
                world,
                News::Case(CaseNews {
                    case,
                    code: CaseCode::ShortReceipt,
                    about: "N-1".into(),
                    open,
                }),
            );
        }
        Act::HearNoticeClosed => {
            return hear(
                world,
                News::NoticeClosed(NoticeEnd {
                    notice: NoticeNo::new("N-1"),
                }),
            );
        }
        Act::Grant(who, fence, for_ever) => {
            let until = if for_ever {
                i64::MAX
            } else {
                world.now().as_millis() + 2_500
            };
            let page = Page {
                grants: vec![grant(&name(who), fence, until)],
                ..world.page(vec![])
            };
            world.apply(page).unwrap();
            return;
        }
        Act::Revoke(who, fence) => {
            world.revoke(&name(who), fence);
            return;
        }
        Act::Push(most, disbelieved) => {
            world.push_disbelieving(most, disbelieved);
            return;
        }
        Act::Restart => return world.restart(),
    };
    let before = world
        .store()
        .read(|view| view.digest_of_projections())
        .unwrap();
    if world.record(facts).is_err() {
        let after = world
            .store()
            .read(|view| view.digest_of_projections())
            .unwrap();
        assert_eq!(before, after, "a refusal changed something");
    }
}

/// The authority says only what its books can bear.
fn hear(world: &mut World, news: News) {
    if world.commit(&news) {
        let entries = world.seal(vec![(news, None)]);
        let applied = world.apply(world.page(entries)).unwrap();
        assert_eq!(applied.stopped, None);
    }
}

/// Each case writes a real file; `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn rebuilt_tables_equal_the_live_ones(acts in prop::collection::vec(acts(), 1..60)) {
        let mut world = World::with_notice();
        hear(&mut world, order_news("B0", State::Cleared));
        for one in acts {
            act(&mut world, one);
        }
        world.assert_sound();
        while world.store().read(|view| view.sync()).unwrap().unsent() > 0 {
            world.push(7);
        }
        prop_assert_eq!(world.view(), world.stock.clone(), "at rest our picture is the authority's");
        world.assert_sound();
        for finding in verify(&world.path()).unwrap() {
            prop_assert!(finding.holds(), "{:?}", finding);
        }
    }
}
