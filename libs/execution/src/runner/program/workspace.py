"""The folder that a job finds: its script, what it is given, and what it leaves."""

import os

from diagnostics import log

DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
# What a script takes over from where the runner was started: on an ssh host (bootstrap.py) the account's own.
INHERITED = ()


class JobError(Exception):
    """The platform, not the script, failed."""

    def __init__(self, code, message):
        Exception.__init__(self, message)
        self.code = code


def find_program(name, path):
    """Its absolute path, or None."""
    for folder in path.split(':'):
        program = os.path.join(folder, name)
        if os.path.isabs(folder) and os.path.isfile(program) and os.access(program, os.X_OK):
            return program
    return None


class Workspace:
    """The job's private folder: the script, its working directory, its temporary files, and the helper socket."""

    PROGRAMS = {'bash': ('bash', 'script.sh'), 'python': ('python3', 'script.py'), 'nodejs': ('node', 'script.js')}

    def __init__(self, path):
        """@param path: of an empty folder, as the script finds it"""
        self.path = path
        self.socket = os.path.join(path, 'helper.sock')
        self.script = os.path.join(path, 'script')
        self.bash_script = os.path.join(self.script, self.PROGRAMS['bash'][1])
        self.work = os.path.join(path, 'work')
        self.temporary = os.path.join(path, 'tmp')
        self.helpers = os.environ.get('CRONIUM_RUNTIME_HELPERS') or os.path.join(
            os.path.dirname(os.path.abspath(__file__)), 'runtime-helpers')

    def reach(self, path):
        """How the runner comes to a path that a script finds."""
        return path

    def furnish(self):
        for folder in (self.script, self.work, self.temporary):
            os.mkdir(self.reach(folder), 0o700)
        # An ES module finds packages only beside itself or above; NODE_PATH is for require().
        packages = os.path.join(self.script, 'node_modules')
        os.mkdir(self.reach(packages))
        os.symlink(os.path.join(self.helpers, 'nodejs', 'cronium'), self.reach(os.path.join(packages, 'cronium')))

    def command(self, job, environment):
        """Writes the script; the command that runs it."""
        if job.language not in self.PROGRAMS:
            raise JobError('protocol_error', 'The runner knows no language "%s".' % job.language)
        interpreter, file_name = self.PROGRAMS[job.language]
        program = find_program(interpreter, environment['PATH']) or find_program(interpreter, DEFAULT_PATH)
        if program is None:
            raise JobError('interpreter_missing', '%s is not installed where the script should run.' % interpreter)
        script = os.path.join(self.script, file_name)
        fd = os.open(self.reach(script), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, 'wb') as file:
            file.write(job.script.encode('utf-8', 'surrogatepass'))
        return [program, script]

    def environment(self, given):
        """What a script finds, with what its job gives it."""
        environment = {
            'PATH': DEFAULT_PATH,
            'HOME': self.work,
            'LANG': 'C.UTF-8',
            'TMPDIR': self.temporary,
            'PYTHONUNBUFFERED': '1',
            'BASH_ENV': os.path.join(self.helpers, 'cronium.sh'),
        }
        environment.update((key, os.environ[key]) for key in INHERITED if os.environ.get(key))
        environment.update(given)
        environment['CRONIUM_SOCKET'] = self.socket
        environment['CRONIUM_HELPERS'] = self.helpers
        for key, folder in (('PYTHONPATH', 'python'), ('NODE_PATH', 'nodejs')):
            mine = os.path.join(self.helpers, folder)
            environment[key] = environment[key] + ':' + mine if environment.get(key) else mine
        return environment

    def wipe(self):
        """Removes everything."""
        wipe_folder(self.reach(self.path))


def wipe_folder(path):
    """Removes everything. Starts processes when it must: only when none of the script's is left."""
    import shutil
    import subprocess

    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        pass  # the script did it
    except (OSError, RecursionError):
        # Folders that the script closed to itself, or nested deeper than Python can follow.
        for command in (['chmod', '-R', 'u+rwx', path], ['rm', '-rf', path]):
            subprocess.call(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if os.path.lexists(path):
            log('cannot remove %s' % path)
