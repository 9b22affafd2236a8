"""The handler scripts of share/handlers for packages and services, and what all of them share.

What would change the machine runs against fakes of apt-get and systemctl, which write down how
they were called; as root, packages made by the test are also installed and removed for real, from
a repository of their own.
"""

import hashlib
import os
import stat
import subprocess
import unittest

from .harness.handler_case import (BY_AGENT, FAILED, HANDLERS, NOT_ROOT, NOT_RUNNING, REFUSED,
                                   UNKNOWN, HandlerTest)


class Scripts(HandlerTest):
    def test_what_the_scripts_share_is_the_same_in_all(self):
        shared = {}
        for path in sorted(HANDLERS.glob("*.sh")):
            text = path.read_text()
            for part in text.split("# ---- the same in ")[1:]:
                title, _, rest = part.partition("\n")
                shared.setdefault(title.split()[0], {})[path.name] = rest.split("# ---- end")[0]
        self.assertEqual({"every": 7, "start-,": 3}, {k: len(v) for k, v in shared.items()})
        for title, texts in shared.items():
            self.assertEqual(1, len(set(texts.values())), title)

    def test_every_script_is_executable_posix_shell(self):
        scripts = sorted(HANDLERS.glob("*.sh"))
        self.assertEqual(7, len(scripts))
        for path in scripts:
            self.assertEqual(0o755, stat.S_IMODE(path.stat().st_mode), path)
            self.assertTrue(path.read_text().startswith("#!/bin/sh\n"), path)
            subprocess.run(["/bin/dash", "-n", path], check=True)

    def test_reboot_sh_reboots_nothing_and_says_who_does(self):
        for program in ("reboot", "shutdown", "systemctl"):
            self.fake(program, "exit 0")
        self.refuse(BY_AGENT, "the agent reboots by itself", "reboot.sh")
        self.assertFalse((self.folder / "calls").exists())


class PackagesTest(HandlerTest):
    """A fake apt: knows the packages in `known`, has those in `installed`, after update more."""

    def setUp(self):
        super().setUp()
        self.fake("id", "echo 0")
        self.write("known", "vim", "g++", "libc6:i386")
        self.write("installed", "vim")
        self.fake("apt-cache", f"""
            shift 2
            if grep -qxF -- "$1" "{self.folder}/known"; then
              printf '%s:\\n  Installed: (none)\\n  Candidate: 2.0-1\\n  Version table:\\n' "$1"
              printf '     2.0-1 500\\n        500 file:/r ./ Packages\\n *** 1.0-1 100\\n'
            elif [ "$1" = virtual ]; then
              printf 'virtual:\\n  Installed: (none)\\n  Candidate: (none)\\n'
            fi""")
        self.fake("apt-get", f"""
            [ "$DEBIAN_FRONTEND" = noninteractive ] || exit 99
            case " $* " in
              *" update "*) echo late >>"{self.folder}/known" ;;
              *" --simulate remove -- curl "*) echo "Remv fieldwork-device [1.0]" ;;
            esac
            exit "$(cat "{self.folder}/status" 2>/dev/null || echo 0)\"""")
        self.fake("dpkg-query", f"""
            for name; do :; done
            grep -qxF -- "$name" "{self.folder}/installed" && echo installed && exit 0
            [ "$name" = leftover ] && echo config-files && exit 0
            exit 1""")

    def write(self, name, *lines):
        (self.folder / name).write_text("".join(f"{line}\n" for line in lines))

    def acts(self):
        """Every call of apt-get from its verb on, but for simulations."""
        calls = [call for call in self.calls("apt-get") if "--simulate" not in call]
        for call in calls:
            self.assertIn(" --yes -o DPkg::Lock::Timeout=120 ", call)
        return [call[min(call.find(f" {verb}") for verb in ("update", "install", "remove")
                         if f" {verb}" in call) + 1:] for call in calls]


class Install(PackagesTest):
    def test_known_packages_are_installed_without_an_update(self):
        self.succeed("install-packages.sh", "vim  g++\tlibc6:i386", "vim=1.0-1")
        self.assertEqual(["install --no-install-recommends -- vim g++ libc6:i386 vim=1.0-1"],
                         self.acts())

    def test_an_unknown_package_or_version_is_looked_for_once_more(self):
        self.succeed("install-packages.sh", "vim late")
        self.assertEqual(["update", "install --no-install-recommends -- vim late"], self.acts())
        self.refuse(UNKNOWN, "'vim=3.0'", "install-packages.sh", "vim=3.0")
        self.refuse(UNKNOWN, "'v.m'", "install-packages.sh", "vim v.m")
        self.refuse(UNKNOWN, "'virtual'", "install-packages.sh", "virtual")
        self.assertEqual(2 + 3, len(self.acts()))  # Each time an update, and no install.

    def test_an_apt_that_fails_is_reported(self):
        self.write("status", 100)
        self.refuse(FAILED, "apt-get install failed", "install-packages.sh", "vim")
        self.refuse(FAILED, "apt-get update failed", "install-packages.sh", "none")

    def test_what_is_not_the_name_of_a_package(self):
        for name in ("-y", "--allow-unauthenticated", "vim-", "Vim", "./x.deb", "/tmp/x.deb", "*",
                     "v?m", "vim/testing", "vim;reboot", "$(reboot)", "vim=", "vim=-1", "vim=1 *",
                     "=1", "vim=1;x", "^vim$", "vim\u00e9"):
            with self.subTest(name):
                self.refuse(REFUSED, "", "install-packages.sh", name)
        self.refuse(REFUSED, "is empty", "install-packages.sh", " ")
        self.refuse(REFUSED, "arguments", "install-packages.sh")
        self.assertEqual([], self.calls("apt-get") + self.calls("apt-cache"))

    def test_another_user_than_root_is_told_so(self):
        self.fake("id", "echo 1000")
        for script in ("install-packages.sh", "remove-packages.sh"):
            self.refuse(NOT_ROOT, "by root only", script, "vim", user="guest")
        self.assertEqual([], self.calls("apt-get"))


class Remove(PackagesTest):
    def test_installed_packages_are_removed_and_others_passed_over(self):
        out = self.succeed("remove-packages.sh", "g++ vim leftover")
        self.assertEqual(["remove -- vim"], self.acts())
        self.assertIn("g++ is not installed\n", out)
        self.write("installed")
        self.succeed("remove-packages.sh", "vim")
        self.assertEqual(1, len(self.acts()))

    def test_the_agent_is_not_removed_not_even_by_the_way(self):
        self.write("installed", "curl")
        self.refuse(REFUSED, "takes the agent away", "remove-packages.sh", "curl")
        self.assertEqual([], self.acts())

    def test_what_is_not_the_name_of_a_package(self):
        for name in ("-y", "vim-", "vim=1.0-1", "*", "./vim"):
            with self.subTest(name):
                self.refuse(REFUSED, "not the name", "remove-packages.sh", name)
        self.assertEqual([], self.calls("apt-get"))

    def test_an_apt_that_fails_is_reported(self):
        self.write("status", 100)
        self.refuse(FAILED, "apt-get", "remove-packages.sh", "vim")


@unittest.skipUnless(os.geteuid() == 0, "packages are installed for real by root only")
class RealApt(HandlerTest):
    """The machine's apt and dpkg; lists, cache and the only repository are the test's."""

    PACKAGE = "fieldwork-test-nothing"

    def setUp(self):
        super().setUp()
        self.repository = self.folder / "repository"
        self.repository.mkdir()
        for name in ("lists", "cache"):
            (self.folder / name / ("partial" if name == "lists" else "archives/partial")).mkdir(
                parents=True)
        sources = self.folder / "sources.list"
        sources.write_text(f"deb [trusted=yes] file:{self.repository} ./\n")
        config = self.folder / "apt.conf"
        config.write_text(
            f'Dir::State::lists "{self.folder}/lists";\nDir::Cache "{self.folder}/cache";\n'
            f'Dir::Etc::SourceList "{sources}";\nDir::Etc::SourceParts "/dev/null";\n'
            'APT::Sandbox::User "root";\n')
        self.environment["APT_CONFIG"] = str(config)
        self.addCleanup(subprocess.run, ["dpkg", "--purge", self.PACKAGE], check=False,
                        capture_output=True)

    def succeed(self, script, *arguments, **options):
        """Here apt may warn, of its own accord, of what the machine has not."""
        done = self.run_handler(script, *arguments, **options)
        self.assertEqual(0, done.returncode, done.stderr + done.stdout)
        return done.stdout

    def publish(self, *versions):
        """Puts these versions into the repository, and only these."""
        index = ""
        for version in versions:
            tree = self.folder / f"tree-{version}"
            (tree / "DEBIAN").mkdir(parents=True, exist_ok=True)
            control = (f"Package: {self.PACKAGE}\nVersion: {version}\nArchitecture: all\n"
                       "Maintainer: Fieldwork <tests@localhost>\nDescription: made by a test\n")
            (tree / "DEBIAN" / "control").write_text(control)
            file = self.repository / f"{self.PACKAGE}_{version}_all.deb"
            subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, file], check=True,
                           capture_output=True)
            data = file.read_bytes()
            index += (f"{control}Filename: ./{file.name}\nSize: {len(data)}\n"
                      f"SHA256: {hashlib.sha256(data).hexdigest()}\n\n")
        (self.repository / "Packages").write_text(index)

    def installed(self):
        done = subprocess.run(["dpkg-query", "-W", "-f=${db:Status-Status} ${Version}",
                               self.PACKAGE], check=False, capture_output=True, text=True)
        return done.stdout if done.stdout.startswith("installed ") else None

    def test_a_package_is_installed_brought_up_to_date_and_removed(self):
        self.publish("1.0")
        self.succeed("install-packages.sh", self.PACKAGE)  # apt did not know it before.
        self.assertEqual("installed 1.0", self.installed())
        out = self.succeed("install-packages.sh", self.PACKAGE)
        self.assertIn("newest version (1.0)", out)
        self.publish("1.0", "2.0")
        self.succeed("install-packages.sh", f"{self.PACKAGE}=2.0")  # A version it did not know.
        self.assertEqual("installed 2.0", self.installed())
        self.succeed("remove-packages.sh", f"{self.PACKAGE} fieldwork-test-absent")
        self.assertIsNone(self.installed())
        self.succeed("remove-packages.sh", self.PACKAGE)

    def test_an_older_version_and_an_unknown_package_are_refused(self):
        self.publish("1.0", "2.0")
        self.succeed("install-packages.sh", self.PACKAGE)
        self.assertEqual("installed 2.0", self.installed())
        self.refuse(FAILED, "install failed", "install-packages.sh", f"{self.PACKAGE}=1.0")
        self.refuse(UNKNOWN, "fieldwork-test-absent", "install-packages.sh",
                    f"{self.PACKAGE} fieldwork-test-absent")
        self.refuse(UNKNOWN, r"fieldwork-test-n\.thing", "install-packages.sh",
                    "fieldwork-test-n.thing")
        self.assertEqual("installed 2.0", self.installed())


class ServicesTest(HandlerTest):
    """A fake systemctl over files: one per unit, with its properties."""

    def setUp(self):
        super().setUp()
        self.units = self.folder / "units"
        self.units.mkdir()
        self.unit("web.service", ActiveState="inactive")
        self.unit("db@main.service", ActiveState="active")
        self.fake("sleep", "exit 0")
        self.fake("systemctl", f"""
            cd "{self.units}"
            verb=$1
            shift
            if [ "$verb" = show ]; then
              property=${{1#--property=}}
              if [ -e "$4" ]; then sed -n "s/^$property=//p" "$4"
              elif [ "$property" = LoadState ]; then echo not-found; fi
              exit 0
            fi
            shift
            for unit; do
              case $verb in stop) state=OnStop ;; *) state=OnStart ;; esac
              state=$(sed -n "s/^$state=//p" "$unit")
              [ "$state" != error ] || exit 1
              sed -i "s/^ActiveState=.*/ActiveState=$state/" "$unit"
            done""")

    def unit(self, name, **properties):
        properties = {"LoadState": "loaded", "Type": "simple", "Result": "success",
                      "OnStart": "active", "OnStop": "inactive", **properties}
        lines = "".join(f"{key}={value}\n" for key, value in properties.items())
        (self.units / name).write_text(lines)

    def acts(self):
        return [call for call in self.calls("systemctl") if not call.startswith("systemctl show")]


class Services(ServicesTest):
    def test_services_are_started_restarted_and_stopped(self):
        for verb, past in (("start", "started"), ("restart", "restarted"), ("stop", "stopped")):
            out = self.succeed(f"{verb}-services.sh", "web db@main.service")
            self.assertEqual(f"{past} web.service db@main.service\n", out)
            self.assertEqual(f"systemctl {verb} -- web.service db@main.service", self.acts()[-1])
        self.succeed("stop-services.sh", "web")  # It has ended already.

    def test_a_service_that_does_not_stay_is_a_failure(self):
        self.unit("web.service", OnStart="failed", ActiveState="inactive", Result="exit-code")
        for verb in ("start", "restart"):
            self.refuse(NOT_RUNNING, "web.service does not run: it is failed",
                        f"{verb}-services.sh", "db@main web")
        self.unit("web.service", OnStart="activating", ActiveState="inactive")
        self.refuse(NOT_RUNNING, "it is activating", "start-services.sh", "web")

    def test_a_oneshot_that_is_over_has_succeeded(self):
        self.unit("once.service", OnStart="inactive", Type="oneshot", ActiveState="inactive")
        self.succeed("start-services.sh", "once")
        self.unit("web.service", OnStart="inactive", ActiveState="inactive")
        self.refuse(NOT_RUNNING, "it is inactive", "start-services.sh", "web")

    def test_a_service_that_does_not_end_is_a_failure(self):
        self.unit("web.service", OnStop="deactivating", ActiveState="active")
        self.refuse(NOT_RUNNING, "web.service has not ended", "stop-services.sh", "web")
        self.unit("web.service", OnStop="failed", ActiveState="active")
        self.succeed("stop-services.sh", "web")

    def test_a_systemctl_that_fails_is_reported(self):
        self.unit("web.service", OnStart="error", OnStop="error", ActiveState="active")
        for verb in ("start", "restart", "stop"):
            self.refuse(FAILED, f"systemctl {verb} failed", f"{verb}-services.sh", "web")


class ServicesRefuse(ServicesTest):
    def refuse_all(self, status, pattern, services, verbs=("start", "restart", "stop")):
        for verb in verbs:
            with self.subTest(services, verb=verb):
                self.refuse(status, pattern, f"{verb}-services.sh", services)
        self.assertEqual([], self.acts())

    def test_units_that_are_not_there(self):
        self.refuse_all(UNKNOWN, "none.service cannot be used here: it is not-found", "web none")
        self.unit("web.service", LoadState="masked")
        self.refuse_all(UNKNOWN, "it is masked", "web")

    def test_what_is_not_a_service(self):
        for name in ("--force", "-H", "web;reboot", "*", "w?b", "../web", "/etc/web.service",
                     "$(reboot)", "web.mount", "reboot.target", "multi-user.target"):
            self.refuse_all(REFUSED, "", name)
        self.refuse_all(REFUSED, "is empty", "  ")

    def test_what_stops_the_machine(self):
        for name in ("reboot", "poweroff.service", "systemd-reboot", "systemd-poweroff.service",
                     "systemd-suspend-then-hibernate", "systemd-kexec"):
            self.refuse_all(REFUSED, "stops the machine", name, ("start", "restart"))

    def test_the_agent_itself(self):
        self.unit("fieldwork-device.service", ActiveState="active")
        self.refuse_all(REFUSED, "the agent", "web fieldwork-device", ("restart", "stop"))
        self.succeed("start-services.sh", "fieldwork-device.service")


if __name__ == "__main__":
    unittest.main()
