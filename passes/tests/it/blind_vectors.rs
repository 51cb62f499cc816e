//! The blind signatures of our crate against the test vector of RFC 9474, appendix A.3, for the variant that we use.

use blind_rsa_signatures::{PublicKeySha384PSSDeterministic, SecretKeySha384PSSDeterministic, Signature};
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::{BoxedUint, RsaPrivateKey};

/// The numbers of the vector, by name.
struct Vector(serde_json::Value);

impl Vector {
    fn bytes(&self, name: &str) -> Vec<u8> {
        let digits = self.0[name].as_str().unwrap().as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks_exact(2).map(byte).collect()
    }

    fn number(&self, name: &str) -> BoxedUint {
        BoxedUint::from_str_radix_vartime(self.0[name].as_str().unwrap(), 16).unwrap()
    }
}

/// Gives what the vector says was drawn: the salt, then the blinding factor.
struct Drawn(Vec<Vec<u8>>);

impl TryCryptoRng for Drawn {}

impl TryRng for Drawn {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        unreachable!("the vector says nothing of it")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        unreachable!("the vector says nothing of it")
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        out.copy_from_slice(&self.0.remove(0));
        Ok(())
    }
}

#[test]
fn blinding_signing_and_unblinding_are_those_of_rfc_9474() {
    let vector = Vector(serde_json::from_str(include_str!("rfc9474.json")).unwrap());
    let [n, e, d, p, q, inv] = ["n", "e", "d", "p", "q", "inv"].map(|name| vector.number(name));
    let factor = inv.invert_mod(&n.to_nz().unwrap()).unwrap().to_le_bytes().to_vec();
    let secret = SecretKeySha384PSSDeterministic::new(RsaPrivateKey::from_components(n, e, d, vec![p, q]).unwrap());
    let public: PublicKeySha384PSSDeterministic = secret.public_key().unwrap();
    let message = vector.bytes("msg");

    let blinding = public.blind(&mut Drawn(vec![vector.bytes("salt"), factor]), &message).unwrap();
    assert_eq!(blinding.blind_message.0, vector.bytes("blinded_msg"));
    let signed = secret.blind_sign(&blinding.blind_message).unwrap();
    assert_eq!(signed.0, vector.bytes("blind_sig"));
    let signature = public.finalize(&signed, &blinding, &message).unwrap();
    assert_eq!(signature.0, vector.bytes("sig"));
    public.verify(&signature, None, &message).unwrap();

    let mut altered = signature.0;
    altered[100] ^= 1;
    assert!(public.verify(&Signature(altered), None, &message).is_err());
}
