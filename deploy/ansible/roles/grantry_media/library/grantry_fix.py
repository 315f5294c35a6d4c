#!/usr/bin/python
# Licensed under Apache-2.0 like the rest of Grantry.
"""Ansible module: what `grantry fix` does, with check mode and diff."""

import json

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: grantry_fix
short_description: Make an application's uploads safe for a bucket without ACLs
description:
  - Runs C(grantry fix) on the managed host. It knows how the application reads its file, every form in which a
    setting may be written there, and every stronger source; it changes nothing that is right already.
  - With I(target=bucket) the bucket gets the policy that lets the public read its media, and no more, and the
    flags of Block Public Access that belong to it.
  - Check mode and diff are supported. Values of secrets are never shown.
options:
  profile:
    description: The application, such as C(mastodon); C(grantry doctor --help) lists them.
    type: str
    required: true
  target:
    description: What is mended.
    type: str
    choices: [configuration, bucket]
    default: configuration
  env_file:
    description: The application's configuration file.
    type: path
  env_format:
    description: How the application gets the file; without it as the profile usually does.
    type: str
    choices: [dotenv, docker, systemd]
  app_version:
    description: The application's version, where it cannot be found beside the file.
    type: str
  mode:
    description: C(no-acl) for uploads without ACLs, C(acl) for the way back.
    type: str
    choices: [no-acl, acl]
    default: no-acl
  checksums:
    description: Set the two checksum lines too, for stores that do not take what current SDKs send.
    type: bool
    default: false
  enable_s3:
    description: Set C(S3_ENABLED) to exactly C(true).
    type: bool
    default: false
  retry_limit:
    description: Set C(S3_RETRY_LIMIT) too.
    type: int
  force:
    description: Do it although a guard refuses.
    type: bool
    default: false
  offline:
    description: Do not ask the store, before or after.
    type: bool
    default: false
  access_key_id:
    description: Whose key asks, instead of the application's; the bucket's owner for I(target=bucket).
    type: str
  secret_access_key:
    description: Its secret. It reaches the program by the environment, not by its arguments.
    type: str
  session_token:
    description: Its session token, if it is temporary.
    type: str
  executable:
    description: Where the program is.
    type: path
    default: grantry
author:
  - The authors of Grantry
"""

EXAMPLES = r"""
- name: Uploads of Mastodon carry no ACL
  grantry_fix:
    profile: mastodon
    env_file: /home/mastodon/live/.env.production
  notify: Restart the application

- name: The public reads media, and no exports
  grantry_fix:
    profile: mastodon
    target: bucket
    env_file: /home/mastodon/live/.env.production
    access_key_id: "{{ bucket_owner_key }}"
    secret_access_key: "{{ bucket_owner_secret }}"
"""

RETURN = r"""
backup:
  description: Where the old file is.
  type: str
  returned: when a file was changed
services:
  description: Services that read the file, and read it when they start only.
  type: list
  elements: str
  returned: for a file
undo:
  description: Commands that bring the old settings back.
  type: list
  elements: str
  returned: for a bucket
"""

# What `grantry fix --check` says: nothing to do, or a change is needed.
EXIT_RIGHT = 0
EXIT_NOT_RIGHT = 1
SECRETS = {
    "secret_access_key": "GRANTRY_SECRET_ACCESS_KEY",
    "session_token": "GRANTRY_SESSION_TOKEN",
}
VALUES = ("env_file", "env_format", "app_version", "access_key_id", "retry_limit")
SWITCHES = ("checksums", "enable_s3", "force", "offline")


def options(parameters):
    """The arguments that are the same for a trial and for the change."""
    words = ["--mode", parameters["mode"]] if parameters["target"] == "configuration" else []
    for name in VALUES:
        if parameters[name] is not None:
            words += ["--" + name.replace("_", "-"), str(parameters[name])]
    return words + ["--" + name.replace("_", "-") for name in SWITCHES if parameters[name]]


class Fix(object):
    """The program with everything but what it shall do."""

    def __init__(self, module):
        self.module = module
        parameters = module.params
        executable = parameters["executable"]
        if "/" not in executable:
            executable = module.get_bin_path(executable, required=True)
        self.command = [executable, "fix"]
        if parameters["target"] == "bucket":
            self.command.append("bucket")
        self.command += [parameters["profile"], "--json"] + options(parameters)
        self.environment = {
            variable: parameters[name] for name, variable in SECRETS.items() if parameters[name]
        }

    def __call__(self, how):
        """Its exit code and its answer; ends the task if it could not do its work."""
        code, out, err = self.module.run_command(self.command + [how], environ_update=self.environment)
        if code not in (EXIT_RIGHT, EXIT_NOT_RIGHT):
            self.module.fail_json(msg=(err or out).strip(), rc=code)
        try:
            return code, json.loads(out)
        except ValueError:
            self.module.fail_json(msg="the program's answer is no JSON", rc=code, stdout=out, stderr=err)


def bucket_text(settings):
    """A bucket's settings as they are compared."""
    policy = settings.get("policy")
    return json.dumps(
        {"policy": policy and json.loads(policy), "public_access_block": settings.get("public_access_block")},
        indent=2, sort_keys=True) + "\n"


def result_of(target, answer):
    """What Ansible is told of it."""
    if target == "bucket":
        present = answer["present"]
        after = dict(present)
        after.update({name: answer[name] for name in ("policy", "public_access_block") if answer.get(name)})
        difference = {"before_header": answer["bucket"], "after_header": answer["bucket"],
                      "before": bucket_text(present), "after": bucket_text(after)}
        return {"changed": answer["is_needed"], "undo": answer["undo"], "diff": difference}
    return {
        "changed": bool(answer["changes"]), "services": answer["restart"], "backup": answer.get("backup"),
        "diff": {"prepared": "\n".join(["--- " + answer["file"]] + answer["changes"]) + "\n"},
    }


def obstacles(answer):
    """Why the settings are not right whatever is done to this file."""
    stronger = ["%s is stronger than this file; change it there" % place for place in answer.get("overridden", [])]
    return stronger + answer.get("by_hand", [])


def main():
    texts = ("env_format", "app_version", "access_key_id")
    arguments = {name: {"type": "str"} for name in texts}
    arguments.update({name: {"type": "str", "no_log": True} for name in SECRETS})
    arguments.update({name: {"type": "bool", "default": False} for name in SWITCHES})
    arguments["env_format"]["choices"] = ["dotenv", "docker", "systemd"]
    arguments.update(
        profile={"type": "str", "required": True},
        target={"type": "str", "choices": ["configuration", "bucket"], "default": "configuration"},
        mode={"type": "str", "choices": ["no-acl", "acl"], "default": "no-acl"},
        env_file={"type": "path"}, retry_limit={"type": "int"},
        executable={"type": "path", "default": "grantry"},
    )
    module = AnsibleModule(argument_spec=arguments, supports_check_mode=True,
                           required_together=[("access_key_id", "secret_access_key")])
    fix = Fix(module)
    target = module.params["target"]
    code, planned = fix("--check")
    result = result_of(target, planned)
    if not result["changed"] and code != EXIT_RIGHT:
        module.fail_json(msg="; ".join(obstacles(planned)) or "it is not right, and cannot be mended here", **result)
    if module.check_mode or not result["changed"]:
        module.exit_json(**result)
    code, done = fix("--yes")
    result = dict(result_of(target, done), diff=result["diff"], changed=True)
    if code != EXIT_RIGHT:
        reasons = obstacles(done)
        findings = (done.get("verification") or {}).get("findings", [])
        reasons += [finding["meaning"] for finding in findings if finding["severity"] == "failing"]
        module.fail_json(msg="it was changed and did not help: " + "; ".join(reasons), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
