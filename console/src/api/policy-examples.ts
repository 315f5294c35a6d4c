/** Policies to begin with. */

export function examples(bucket: string, account: string) {
  const arn = `arn:aws:s3:::${bucket}`;
  const policy = (...Statement: object[]) => ({ Version: "2012-10-17", Statement });
  return {
    publicRead: policy({ Sid: "PublicRead", Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `${arn}/*` }),
    publicPrefix: policy({ Sid: "PublicPrefix", Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `${arn}/public/*` }),
    otherAccount: policy(
      { Sid: "OtherAccountLists", Effect: "Allow", Principal: { AWS: "arn:aws:iam::444455556666:root" }, Action: "s3:ListBucket", Resource: arn },
      { Sid: "OtherAccountReads", Effect: "Allow", Principal: { AWS: "arn:aws:iam::444455556666:root" }, Action: "s3:GetObject", Resource: `${arn}/*` },
    ),
    onlyTls: policy({ Sid: "OnlyTls", Effect: "Deny", Principal: "*", Action: "s3:*", Resource: [arn, `${arn}/*`], Condition: { Bool: { "aws:SecureTransport": "false" } } }),
    addresses: policy({ Sid: "FromOffice", Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `${arn}/*`, Condition: { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } } }),
    logs: policy({ Sid: "AccessLogs", Effect: "Allow", Principal: { Service: "logging.s3.amazonaws.com" }, Action: "s3:PutObject", Resource: `${arn}/*`, Condition: { StringEquals: { "aws:SourceAccount": account } } }),
  };
}

export type ExampleName = keyof ReturnType<typeof examples>;
