//! Who pays for requests to a bucket (§11.2).

use model::{Payer, S3Error};
use ops::bucket::request_payment;

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::document;
use crate::handlers::Context;
use crate::xml::{Element, Malformed, XmlWriter};

const ROOT: &str = "RequestPaymentConfiguration";

pub(crate) async fn get(context: &Context<'_>) -> Result<Answer, S3Error> {
    let payer = request_payment::get(context.store, &context.call()?, context.bucket()?).await?;
    Ok(Answer::xml(XmlWriter::s3(ROOT, |xml| xml.text("Payer", payer.as_str()))))
}

pub(crate) async fn put(context: &Context<'_>, body: &mut RequestBody) -> Result<Answer, S3Error> {
    let document = document::read_small(context, body).await?;
    let payer = document::parsed(&document, ROOT, read);
    request_payment::put(context.store, &context.call()?, context.bucket()?, payer).await?;
    Ok(Answer::ok())
}

fn read(configuration: &Element) -> Result<Payer, Malformed> {
    configuration.children(&["Payer"])?;
    Payer::parse(configuration.required("Payer")?.text()?).ok_or(Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_known_payer() {
        let check = |content: &str| {
            let document = format!("<{ROOT}>{content}</{ROOT}>");
            document::parsed(document.as_bytes(), ROOT, read).ok()
        };
        assert_eq!(check("<Payer>Requester</Payer>"), Some(Payer::Requester));
        assert_eq!(check("<Payer>BucketOwner</Payer>"), Some(Payer::BucketOwner));
        for bad in ["", "<Payer/>", "<Payer>requester</Payer>", "<Payer>Requester</Payer><X/>"] {
            assert_eq!(check(bad), None, "{bad}");
        }
    }
}
