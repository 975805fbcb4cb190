using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MeaiBudget.Tests;

/// <summary>A PgBouncer of the machine in front of a server, which gives each transaction any of a few sessions.</summary>
internal sealed class PgBouncer : IDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private PgBouncer(Process process, string folder, int port)
    {
        _process = process;
        _folder = folder;
        ConnectionString = $"Host=127.0.0.1;Port={port};Username=meaibudget;Database=postgres;Maximum Pool Size=20";
    }

    public string ConnectionString { get; }

    /// <summary>Starts a pooler with a few sessions; without PgBouncer, the test is skipped.</summary>
    public static PgBouncer Start(PostgreSqlServer server, int sessions)
    {
        string? program = (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/usr/local/sbin").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "pgbouncer")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "There is no pgbouncer on the PATH or in /usr/sbin.");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        string folder = Directory.CreateTempSubdirectory("meaibudget-pgbouncer-").FullName;
        string settings = Path.Combine(folder, "pgbouncer.ini");
        File.WriteAllText(settings, string.Create(CultureInfo.InvariantCulture, $"""
            [databases]
            * = host=127.0.0.1 port={server.Port} user=meaibudget
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = {sessions}
            server_round_robin = 1
            ignore_startup_parameters = extra_float_digits
            """));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        }

        ProcessStartInfo start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", program!, settings])
            : new ProcessStartInfo(program!, [settings]);
        start.RedirectStandardError = true;
        Process process = Process.Start(start)!;
        var said = new List<string>();
        while (process.StandardError.ReadLine() is { } line)
        {
            said.Add(line);
            if (line.Contains("process up", StringComparison.Ordinal))
            {
                // Read on, or the pooler would wait for room in the pipe.
                new Thread(() => process.StandardError.ReadToEnd()) { IsBackground = true }.Start();
                return new PgBouncer(process, folder, port);
            }
        }

        throw new InvalidOperationException("PgBouncer does not start: " + string.Join('\n', said));
    }

    /// <summary>Ends the pooler with SIGKILL, as a crash does.</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
