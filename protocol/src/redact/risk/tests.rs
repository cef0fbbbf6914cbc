use super::*;

fn signal(weight: u8, after: &[&str], gap: usize, terms: &[&str]) -> SignalSpec {
    let owned = |list: &[&str]| list.iter().map(|term| (*term).to_owned()).collect();
    SignalSpec { weight, after: owned(after), gap, terms: owned(terms) }
}

fn specs() -> Vec<RiskSpec> {
    vec![
        RiskSpec {
            class: RiskClass::Medical,
            threshold: 75,
            signals: vec![
                signal(80, &["I have", "I take"], 2, &["asthma", "type ~ diabetes"]),
                signal(50, &[], 0, &["my doctor"]),
                signal(50, &[], 0, &["dosage"]),
            ],
        },
        RiskSpec { class: RiskClass::Location, threshold: 75, signals: vec![signal(90, &[], 0, &["[coordinates]"])] },
    ]
}

fn of(text: &str) -> Vec<(RiskClass, u8, Vec<String>)> {
    let risks = Risks::compile(&specs()).expect("within the limits").of(text);
    let spans = |risk: &Risk| risk.spans.iter().map(|span| text[span.clone()].to_owned()).collect();
    risks.iter().map(|risk| (risk.class, risk.confidence, spans(risk))).collect()
}

#[test]
fn a_term_counts_only_soon_after_what_must_come_before_it() {
    let medical = |span: &str| vec![(RiskClass::Medical, 80, vec![span.to_owned()])];
    assert_eq!(of("Well, I have really bad asthma!"), medical("I have really bad asthma"));
    assert_eq!(of("i HAVE type-1 Diabetes"), medical("i HAVE type-1 Diabetes"));
    assert_eq!(of("I have a question about asthma"), []);
    assert_eq!(of("I have. Asthma is a disease"), []);
    assert_eq!(of("asthma, which I have"), []);
}

#[test]
fn weak_signals_add_up_when_they_stand_near_each_other() {
    assert_eq!(of("my doctor, my doctor and my doctor"), []);
    let near = of("My doctor changed the dosage.");
    assert_eq!(near, [(RiskClass::Medical, 75, vec!["My doctor".to_owned(), "dosage".to_owned()])]);
    let far = format!("My doctor {} dosage", "said so ".repeat(WINDOW / 2));
    assert_eq!(of(&far), []);
}

#[test]
fn what_the_redactor_took_out_is_known_by_its_placeholder() {
    let text = "Meet at [COORDINATES_3], then I take type 2 diabetes pills";
    let classes: Vec<_> = of(text).into_iter().map(|(class, ..)| class).collect();
    assert_eq!(classes, [RiskClass::Medical, RiskClass::Location]);
}

#[test]
fn hints_add_up_as_independent_ones_do() {
    assert_eq!(together_sure([50, 50, 50].into_iter()), 87);
    assert_eq!(together_sure([100, 1].into_iter()), 100);
    assert_eq!(together_sure([99, 99, 99].into_iter()), 99);
    assert_eq!(together_sure([1].into_iter()), 1);
}

#[test]
fn the_time_taken_and_what_is_reported_are_bounded() {
    let text = "I have asthma my doctor dosage ".repeat(20_000);
    let risks = Risks::compile(&specs()).expect("within the limits").of(&text);
    assert_eq!(risks.len(), 1);
    assert_eq!(risks[0].spans.len(), SPANS);
}

#[test]
fn risks_outside_the_limits_are_refused() {
    let refused = |change: &dyn Fn(&mut Vec<RiskSpec>)| {
        let mut specs = specs();
        change(&mut specs);
        Risks::compile(&specs).expect_err("refused")
    };
    assert_eq!(refused(&|s| s[1].class = RiskClass::Medical), RiskError::Twice(RiskClass::Medical));
    let percent = |found| RiskError::Percent { class: RiskClass::Medical, found };
    assert_eq!(refused(&|s| s[0].threshold = 0), percent(0));
    assert_eq!(refused(&|s| s[0].signals[1].weight = 101), percent(101));
    assert!(matches!(refused(&|s| s[0].signals[0].gap = GAP + 1), RiskError::Many { found: 17, .. }));
    for term in ["", "…", "one. Two", "at [place]", &"x".repeat(TERM_BYTES + 1)] {
        assert!(matches!(refused(&|s| s[0].signals[0].terms[0] = term.to_owned()), RiskError::Term { .. }), "{term}");
        assert!(matches!(refused(&|s| s[0].signals[0].after[0] = term.to_owned()), RiskError::Term { .. }), "{term}");
    }
    let many = |s: &mut Vec<RiskSpec>| s[0].signals = vec![signal(1, &[], 0, &["x"]); SIGNALS];
    assert!(matches!(refused(&many), RiskError::Many { found: 257, .. }));
    let long = |s: &mut Vec<RiskSpec>| s[0].signals[0].terms = (0..=TERMS).map(|i| format!("x{i:x}y")).collect();
    assert!(matches!(refused(&long), RiskError::Many { what: "the number of terms", .. }));
}

#[test]
fn every_class_is_found_by_its_name() {
    for class in RiskClass::ALL {
        assert_eq!(RiskClass::named(class.as_str()), Some(class));
    }
    assert_eq!(RiskClass::named("Medical"), None);
    assert!(RiskClass::ALL.is_sorted());
}
