use harness::smtp::{Behaviour, RogueServer, mail_to, mails_to};
use harness::{canary, run};
use lettre::message::MultiPart;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

fn mail(to: &str) -> Message {
    Message::builder()
        .from("clinic@clinic.example".parse().unwrap())
        .to(to.parse().unwrap())
        .message_id(Some(format!("<{to}>")))
        .subject("Ärztliche Praxis")
        .multipart(MultiPart::alternative_plain_html(
            "Bitte öffnen".to_owned(),
            "<p>Bitte öffnen</p>".to_owned(),
        ))
        .unwrap()
}

fn transport(url: &str) -> AsyncSmtpTransport<Tokio1Executor> {
    AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
        .unwrap()
        .build()
}

#[tokio::test]
async fn the_real_server_keeps_a_mail_for_its_reader() {
    let (address, other) = (canary::address("ana"), canary::address("ana"));
    transport(&run::smtp_url())
        .send(mail(&address))
        .await
        .unwrap();
    let received = mail_to(&address).await;
    assert_eq!(received.subject, "Ärztliche Praxis");
    assert_eq!(received.text.trim(), "Bitte öffnen");
    assert_eq!(received.html.trim(), "<p>Bitte öffnen</p>");
    assert_eq!(received.message_id, address);
    assert!(mails_to(&other).is_empty());
}

#[tokio::test]
async fn a_rogue_server_refuses_with_any_code() {
    let rogue = RogueServer::start(Behaviour::RefuseRecipient(450)).await;
    let transport = transport(&format!("smtp://{}", rogue.address()));
    let refused = transport.send(mail("ana@a.example")).await.unwrap_err();
    assert!(refused.is_transient(), "{refused}");
    rogue.behave(Behaviour::RefuseMail(554));
    let refused = transport.send(mail("ana@a.example")).await.unwrap_err();
    assert!(refused.is_permanent(), "{refused}");
    rogue.behave(Behaviour::Accept);
    transport.send(mail("ana@a.example")).await.unwrap();
    let deliveries = rogue.deliveries();
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0].recipients, ["ana@a.example"]);
    assert!(!deliveries[0].encrypted);
}

#[tokio::test]
async fn a_rogue_server_goes_and_comes_back() {
    let mut rogue = RogueServer::start(Behaviour::HangUpAfterMail).await;
    let url = format!("smtp://{}", rogue.address());
    assert!(transport(&url).send(mail("ana@a.example")).await.is_err());
    assert_eq!(rogue.wait_for_deliveries(1).await.len(), 1);
    rogue.stop().await;
    assert!(transport(&url).send(mail("ana@a.example")).await.is_err());
    rogue.behave(Behaviour::Accept);
    rogue.come_back();
    transport(&url).send(mail("ana@a.example")).await.unwrap();
    assert_eq!((rogue.deliveries().len(), rogue.connections()), (2, 2));
    rogue.behave(Behaviour::RefuseConnection(421));
    assert!(
        transport(&url)
            .send(mail("ana@a.example"))
            .await
            .unwrap_err()
            .is_transient()
    );
}

#[tokio::test]
async fn a_rogue_certificate_is_refused_unless_it_is_trusted() {
    let rogue = RogueServer::start_with_self_signed_certificate(Behaviour::Accept).await;
    let port = rogue.address().port();
    let distrusting = transport(&format!("smtp://127.0.0.1:{port}?tls=required"));
    assert!(distrusting.send(mail("ana@a.example")).await.is_err());
    assert!(rogue.deliveries().is_empty());

    let tls = lettre::transport::smtp::client::TlsParameters::builder("localhost".to_owned());
    let tls = tls.dangerous_accept_invalid_certs(true).build().unwrap();
    let trusting = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
        .port(port)
        .tls(lettre::transport::smtp::client::Tls::Required(tls))
        .build();
    trusting.send(mail("ana@a.example")).await.unwrap();
    assert!(rogue.deliveries()[0].encrypted);
}
