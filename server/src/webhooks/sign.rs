//! Signatures of webhook bodies, as Standard Webhooks has them. Pure.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;

use crate::random::{self, RandomError};

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// A new secret: 256 bits, as its receiver writes it down.
pub fn new_secret() -> Result<String, RandomError> {
    Ok(format!("{PREFIX}{}", STANDARD.encode(random::bytes::<32>()?)))
}

/// The value of `webhook-signature`; none if the secret is none.
///
/// HMAC-SHA256 over `ID.SECONDS.BODY`, so that neither an old body nor another id passes for it.
pub fn signature(secret: &str, id: &str, seconds: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let tag = hmac::sign(&key, format!("{id}.{seconds}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(tag.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = "{\"test\": 2432232314}";
        let signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(signature("secret", "id", 0, body), None);
        assert_eq!(new_secret().unwrap().len(), PREFIX.len() + 44);
    }
}
