//! E-mail, by SMTP or through a program.

use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{
    AsyncSendmailTransport, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
};
use rustls::pki_types::CertificateDer;

use super::super::configuration::{ConfigurationError, Mail, MailSecurity, secret};
use super::Notice;
use crate::application::Smtp;
use crate::http::describe;

/// Time for the whole conversation with a server.
const TIMEOUT: Duration = Duration::from_secs(20);

enum Way {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Program(AsyncSendmailTransport<Tokio1Executor>),
}

/// Mail to fixed people.
pub struct MailChannel {
    way: Way,
    from: Mailbox,
    to: Vec<Mailbox>,
}

/// RFC 3834: nobody's holiday notice answers this.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl MailChannel {
    /// The channel of a configuration. `application` is how the application itself sends mail.
    pub fn new(
        configuration: &Mail,
        application: Option<&Smtp>,
        trusted: &[CertificateDer<'static>],
    ) -> Result<Self, ConfigurationError> {
        let incomplete = |what: &str| ConfigurationError::Incomplete(format!("`[mail]` {what}"));
        let application = application.filter(|_| configuration.as_application);
        let from = configuration.from.clone().or_else(|| application?.from.clone());
        let from = from.ok_or_else(|| incomplete("needs `from`"))?;
        let mailbox = |text: &String| {
            text.parse::<Mailbox>().map_err(|_| incomplete(&format!("has no address in `{text}`")))
        };
        let to = configuration.to.iter().map(mailbox).collect::<Result<Vec<_>, _>>()?;
        if to.is_empty() {
            return Err(incomplete("needs somebody in `to`"));
        }
        let way = match &configuration.sendmail {
            Some(program) => Way::Program(AsyncSendmailTransport::new_with_command(program)),
            None => Way::Smtp(Box::new(smtp(configuration, application, trusted)?)),
        };
        Ok(Self { way, from: mailbox(&from)?, to })
    }

    /// Sends the notice to all.
    pub async fn send(&self, notice: &Notice) -> Result<(), String> {
        let message = self.message(notice)?;
        match &self.way {
            Way::Smtp(server) => {
                server.send(message).await.map(drop).map_err(|error| describe(&error))
            }
            Way::Program(program) => program.send(message).await.map_err(|error| describe(&error)),
        }
    }

    fn message(&self, notice: &Notice) -> Result<Message, String> {
        let mut builder: MessageBuilder = Message::builder()
            .from(self.from.clone())
            .message_id(Some(format!("<{}>", notice.message_id)))
            .date(UNIX_EPOCH + Duration::from_millis(u64::try_from(notice.at).unwrap_or(0)))
            .subject(notice.subject.clone())
            .header(AutoSubmitted);
        for to in &self.to {
            builder = builder.to(to.clone());
        }
        if let Some(thread) = &notice.thread {
            builder = builder.in_reply_to(format!("<{thread}>")).references(format!("<{thread}>"));
        }
        builder
            .header(ContentType::TEXT_PLAIN)
            .body(notice.text.clone())
            .map_err(|error| error.to_string())
    }
}

fn smtp(
    configuration: &Mail,
    application: Option<&Smtp>,
    trusted: &[CertificateDer<'static>],
) -> Result<AsyncSmtpTransport<Tokio1Executor>, ConfigurationError> {
    let incomplete = |what: String| ConfigurationError::Incomplete(format!("`[mail]` {what}"));
    let server = configuration.server.clone().or_else(|| Some(application?.server.clone()));
    let server = server
        .ok_or_else(|| incomplete("needs `server`, `sendmail` or `as_application`".to_owned()))?;
    let security = configuration.security.unwrap_or_else(|| security_of(application));
    let default_port = match security {
        MailSecurity::Tls => 465,
        MailSecurity::Starttls => 587,
        MailSecurity::None => 25,
    };
    let port = configuration.port.or_else(|| Some(application?.port)).unwrap_or(default_port);
    let tls = match security {
        MailSecurity::None => Tls::None,
        MailSecurity::Tls => Tls::Wrapper(parameters(&server, trusted).map_err(&incomplete)?),
        MailSecurity::Starttls => Tls::Required(parameters(&server, trusted).map_err(&incomplete)?),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server)
        .port(port)
        .tls(tls)
        .timeout(Some(TIMEOUT));
    let login = configuration.login.clone().or_else(|| application?.login.clone());
    if let Some(login) = login {
        let password = match &configuration.password_file {
            Some(file) => secret(file)?,
            None => application.and_then(|smtp| smtp.password.clone()).unwrap_or_default(),
        };
        builder = builder
            .credentials(Credentials::new(login, password))
            .authentication(vec![Mechanism::Plain, Mechanism::Login]);
    }
    Ok(builder.build())
}

/// How the application protects its connection.
fn security_of(application: Option<&Smtp>) -> MailSecurity {
    match application {
        Some(smtp) if smtp.is_implicit_tls => MailSecurity::Tls,
        Some(smtp) if smtp.starttls == "never" => MailSecurity::None,
        _ => MailSecurity::Starttls,
    }
}

fn parameters(server: &str, trusted: &[CertificateDer<'static>]) -> Result<TlsParameters, String> {
    let mut builder =
        TlsParameters::builder(server.to_owned()).certificate_store(CertificateStore::None);
    for certificate in trusted {
        // Those that nobody can read are left out, as everywhere.
        if let Ok(certificate) = Certificate::from_der(certificate.to_vec()) {
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder.build_rustls().map_err(|error| format!("cannot use TLS: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::result::Level;

    fn channel(configuration: &Mail) -> Result<MailChannel, ConfigurationError> {
        let application = Smtp {
            server: "mail.a.example".into(),
            port: 2525,
            login: None,
            password: None,
            from: Some("Site <site@a.example>".into()),
            is_implicit_tls: false,
            starttls: "never".into(),
        };
        MailChannel::new(configuration, Some(&application), &[])
    }

    #[tokio::test]
    async fn a_recovery_is_in_the_thread_of_its_alarm() {
        let configuration =
            Mail { to: vec!["ops@a.example".into()], as_application: true, ..Mail::default() };
        let notice = Notice {
            check: None,
            level: Level::Ok,
            code: None,
            subject: "größer".into(),
            text: "text\n".into(),
            host: "h".into(),
            bucket: "b".into(),
            at: 0,
            message_id: "2@h".into(),
            thread: Some("1@h".into()),
        };
        let message = channel(&configuration).unwrap().message(&notice).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        for line in [
            "From: Site <site@a.example>",
            "To: ops@a.example",
            "Message-ID: <2@h>",
            "In-Reply-To: <1@h>",
            "References: <1@h>",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(text.contains(line), "{line}:\n{text}");
        }
    }

    #[tokio::test]
    async fn what_is_missing_is_named() {
        let named = |configuration: Mail, part: &str| {
            let error = channel(&configuration).err().unwrap().to_string();
            assert!(error.contains(part), "{error}");
        };
        named(Mail { as_application: true, ..Mail::default() }, "to");
        named(Mail { to: vec!["a@a.example".into()], ..Mail::default() }, "from");
        let to = vec!["nobody".into()];
        named(Mail { to, from: Some("a@a.example".into()), ..Mail::default() }, "`nobody`");
        let to = vec!["a@a.example".into()];
        named(Mail { to, from: Some("a@a.example".into()), ..Mail::default() }, "server");
    }
}
