//! The enrolment against a model that is built otherwise: what was said of the question, and apart from it whether somebody
//! is opted out.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Question {
    NotAsked,
    Open,
    Answered,
    Lost(Failure),
}

#[derive(Clone, Copy, Debug)]
struct Model {
    question: Question,
    tries: i32,
    asked: DateTime<Utc>,
    out: Option<OptedOutBy>,
}

impl Model {
    fn refuses(&self, event: Event) -> bool {
        let asks = self.out.is_none() && self.question == Question::Open;
        match event {
            Event::Enable => {
                let begins = self.out.is_none() && self.question == Question::NotAsked;
                !begins && self.out != Some(OptedOutBy::Staff)
            }
            Event::Restart => self.out.is_some() || !matches!(self.question, Question::Lost(_)),
            Event::Resend | Event::Answered(_) => !asks,
            Event::OptOut => self.out.is_some(),
            Event::Waited | Event::Stop | Event::Start | Event::NumberChanged => false,
        }
    }

    fn take(&mut self, event: Event, now: DateTime<Utc>) {
        let late = now - self.asked >= TimeDelta::days(14);
        match event {
            Event::Enable | Event::Restart => {
                *self = Self {
                    question: Question::Open,
                    tries: 3,
                    asked: now,
                    out: None,
                };
            }
            Event::Resend => self.asked = now,
            Event::Answered(_) if late => self.question = Question::Lost(Failure::TimePassed),
            Event::Answered(Answer::Right) => self.question = Question::Answered,
            Event::Answered(Answer::Wrong) => {
                self.tries -= 1;
                if self.tries == 0 {
                    self.question = Question::Lost(Failure::WrongAnswers);
                }
            }
            Event::Waited => {
                if late && self.out.is_none() && self.question == Question::Open {
                    self.question = Question::Lost(Failure::TimePassed);
                }
            }
            Event::OptOut => self.out = Some(OptedOutBy::Staff),
            Event::Stop => self.out = Some(OptedOutBy::Patient),
            Event::Start => {
                if self.out.take().is_some() {
                    self.asked = now;
                }
            }
            Event::NumberChanged => {
                self.question = Question::NotAsked;
                self.out = None;
            }
        }
    }

    fn shows(&self, state: State) -> bool {
        match state {
            State::OptedOut { by, before } => {
                self.out == Some(by)
                    && match before {
                        Before::None => self.question == Question::NotAsked,
                        Before::Pending { wrong_answers } => {
                            self.question == Question::Open && wrong_answers == 3 - self.tries
                        }
                        Before::Enabled => self.question == Question::Answered,
                        Before::Failed(why) => self.question == Question::Lost(why),
                    }
            }
            _ if self.out.is_some() => false,
            State::None => self.question == Question::NotAsked,
            State::Pending(asked) => {
                self.question == Question::Open
                    && asked.at == self.asked
                    && state.tries_left() == Some(self.tries)
            }
            State::Enabled => self.question == Question::Answered,
            State::Failed(why) => self.question == Question::Lost(why),
        }
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => Just(Event::Enable),
        1 => Just(Event::Resend),
        2 => Just(Event::Restart),
        1 => Just(Event::OptOut),
        2 => Just(Event::Answered(Answer::Right)),
        4 => Just(Event::Answered(Answer::Wrong)),
        2 => Just(Event::Waited),
        2 => Just(Event::Stop),
        2 => Just(Event::Start),
        1 => Just(Event::NumberChanged),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn an_enrolment_follows_the_model(
        history in prop::collection::vec((event(), prop_oneof![Just(0_i64), 1_i64..30]), 1..40)
    ) {
        let mut now = DateTime::UNIX_EPOCH;
        let mut state = State::None;
        let mut model = Model { question: Question::NotAsked, tries: 0, asked: now, out: None };
        let mut guesses = 0;
        for (event, days) in history {
            now += TimeDelta::days(days);
            let refused = model.refuses(event);
            match state.after(event, now) {
                Err(NotNow) => prop_assert!(refused, "{:?} refused in {:?}", event, state),
                Ok(next) => {
                    prop_assert!(!refused, "{:?} taken in {:?}", event, state);
                    if matches!(event, Event::Enable | Event::Restart) {
                        guesses = 0;
                    }
                    if matches!(event, Event::Answered(_)) {
                        guesses += 1;
                        // Not even STOP and START in between give a fourth guess.
                        prop_assert!(guesses <= TRIES || next == State::Failed(Failure::TimePassed));
                        prop_assert_eq!(next == State::Enabled, event == Event::Answered(Answer::Right) && next != State::Failed(Failure::TimePassed));
                    }
                    model.take(event, now);
                    state = next;
                }
            }
            prop_assert!(model.shows(state), "{:?} is not {:?}", model, state);
        }
    }
}

#[test]
fn start_leads_back_to_where_stop_led_away_from() {
    let now = DateTime::UNIX_EPOCH;
    let pending = State::None.after(Event::Enable, now).unwrap();
    let once_wrong = pending.after(Event::Answered(Answer::Wrong), now).unwrap();
    let stopped = once_wrong.after(Event::Stop, now).unwrap();
    let later = now + TimeDelta::weeks(5);
    let back = stopped.after(Event::Start, later).unwrap();
    assert_eq!(
        back,
        State::Pending(Asked {
            at: later,
            wrong_answers: 1
        })
    );
    let enabled = back.after(Event::Answered(Answer::Right), later).unwrap();
    let stopped = enabled.after(Event::Stop, later).unwrap();
    assert_eq!(stopped.after(Event::Start, later), Ok(State::Enabled));
    assert_eq!(stopped.after(Event::Enable, later), Err(NotNow));
}

#[test]
fn the_last_moment_of_two_weeks_is_over() {
    let now = DateTime::UNIX_EPOCH;
    let pending = State::None.after(Event::Enable, now).unwrap();
    let end = now + PATIENCE;
    let right = Event::Answered(Answer::Right);
    assert_eq!(
        pending.after(right, end - TimeDelta::microseconds(1)),
        Ok(State::Enabled)
    );
    assert_eq!(
        pending.after(right, end),
        Ok(State::Failed(Failure::TimePassed))
    );
}
