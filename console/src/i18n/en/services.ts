/** Texts about the account, IAM, refusals and health. */
export const services = {
  account: {
    title: "Account",
    id: "Account ID",
    canonicalId: "Canonical user ID",
    canonicalNote: "What other accounts enter to grant you access in an ACL.",
    arn: "Signed in as",
  },
};
