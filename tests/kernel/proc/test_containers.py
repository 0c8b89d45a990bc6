"""Groups as the engines call them, in both versions of cgroups."""

import pytest

from tcpwatch.kernel.proc.containers import container_of

ID = "3f2a9c01d2e4" + "0123456789abcdef" * 3 + "0123"
UID = "9b3c5a7e-1d2f-4a6b-8c9d-0e1f2a3b4c5d"
POD = "kubepods.slice/kubepods-burstable.slice"


@pytest.mark.parametrize(
    ("group", "container"),
    [
        (f"0::/system.slice/docker-{ID}.scope", "docker/3f2a9c01d2e4"),
        (f"12:pids:/docker/{ID}\n11:cpu:/docker/{ID}", "docker/3f2a9c01d2e4"),
        (f"0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{ID}.scope", "docker/3f2a9c01d2e4"),
        (f"0::/machine.slice/libpod-{ID}.scope/container", "podman/3f2a9c01d2e4"),
        (f"0::/libpod_parent/libpod-{ID}", "podman/3f2a9c01d2e4"),
        (f"0::/machine.slice/libpod-payload-{ID}", "podman/3f2a9c01d2e4"),
        (f"0::/system.slice/crio-{ID}.scope", "cri-o/3f2a9c01d2e4"),
        (f"0::/system.slice/cri-containerd-{ID}.scope", "containerd/3f2a9c01d2e4"),
        (f"0::/system.slice/nerdctl-{ID}.scope", "containerd/3f2a9c01d2e4"),
        (f"0::/{POD}/kubepods-burstable-pod{UID.replace('-', '_')}.slice/cri-containerd-{ID}.scope", "pod/9b3c5a7e"),
        (f"4:memory:/kubepods/besteffort/pod{UID}/{ID}", "pod/9b3c5a7e"),
        (f"4:memory:/kubepods/pod{UID.replace('-', '')}/{ID}", "pod/9b3c5a7e"),
        (f"0::/kubelet.slice/kubelet-{POD}/kubelet-kubepods-pod{UID.replace('-', '_')}.slice", "pod/9b3c5a7e"),
        ("0::/lxc.payload.web-1/init.scope", "lxc/web-1"),
        ("0::/lxc/web-1/system.slice/ssh.service", "lxc/web-1"),
        (r"0::/machine.slice/systemd-nspawn@debian\x2d12.service/payload", "nspawn/debian-12"),
        (r"0::/machine.slice/machine-web\x2d1.scope/payload", "machine/web-1"),
    ],
)
def test_container_from_its_cgroup(group: str, container: str) -> None:
    assert container_of(group) == container


@pytest.mark.parametrize(
    "group",
    [
        "",
        "0::/",
        "0::/user.slice/user-1000.slice/session-3.scope",
        "0::/system.slice/docker.service",
        f"0::/machine.slice/libpod-conmon-{ID}.scope",
        "0::/lxc.monitor.web-1",
        f"0::/system.slice/docker-{ID[:20]}.scope",
    ],
)
def test_group_of_no_container(group: str) -> None:
    assert container_of(group) is None


def test_name_that_a_terminal_would_obey_is_made_visible() -> None:
    assert container_of("0::/lxc/\x1b]0;owned\x07/x") == "lxc/␛]0;owned␇"
    assert container_of(r"0::/machine.slice/machine-a\x1b[2J.scope") == "machine/a␛[2J"
