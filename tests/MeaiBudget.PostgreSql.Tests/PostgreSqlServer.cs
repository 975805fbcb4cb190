using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace MeaiBudget.Tests;

/// <summary>
/// The server that the tests run on: the one named by MEAIBUDGET_POSTGRESQL (a connection string), or one of this machine's binaries, in a
/// temporary folder, on a free port, as a user without privileges.
/// </summary>
internal sealed class PostgreSqlServer : IDisposable
{
    private static readonly Lazy<PostgreSqlServer?> Shared = new(StartShared);
    private readonly string _folder;
    private readonly string _binaries;
    private Process? _process;

    private PostgreSqlServer(string connectionString, string folder, string binaries, int port)
    {
        ConnectionString = connectionString;
        _folder = folder;
        _binaries = binaries;
        Port = port;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
    }

    public string ConnectionString { get; }

    public int Port { get; }

    /// <summary>The shared server, started on first use. Without PostgreSQL, the test is skipped.</summary>
    public static PostgreSqlServer Get()
    {
        Assert.SkipWhen(Shared.Value is null, "There is no PostgreSQL in /usr/lib/postgresql/*/bin or on the PATH, and MEAIBUDGET_POSTGRESQL is not set.");
        return Shared.Value!;
    }

    /// <summary>A separate server that a test may stop; without PostgreSQL, the test is skipped.</summary>
    public static PostgreSqlServer StartOwn()
    {
        PostgreSqlServer? server = TryStart();
        Assert.SkipWhen(server is null, "There is no PostgreSQL in /usr/lib/postgresql/*/bin or on the PATH.");
        return server!;
    }

    /// <summary>Ends the server and all its processes with SIGKILL, as a crash does.</summary>
    public void Kill()
    {
        _process!.Kill(entireProcessTree: true);
        _process.WaitForExit();
    }

    /// <summary>Starts a hot standby of this server, which receives its log.</summary>
    public PostgreSqlServer StartStandby()
    {
        PostgreSqlServer standby = Create(_binaries);
        using Process copy = standby.Run("pg_basebackup", ["-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", "meaibudget", "-D", Path.Combine(standby._folder, "data"), "-R", "-c", "fast"]);
        string errors = copy.StandardError.ReadToEnd();
        copy.WaitForExit();
        Assert.True(copy.ExitCode == 0, $"pg_basebackup failed: {errors}");
        standby.Start();
        return standby;
    }

    /// <summary>Ends the server and starts it again as a standby without a primary, as after a fail-over: it can be read only, until it is promoted.</summary>
    public void Demote()
    {
        Kill();
        File.WriteAllText(Path.Combine(_folder, "data", "standby.signal"), "");
        Start();
    }

    /// <summary>Makes a standby a primary.</summary>
    public async Task PromoteAsync()
    {
        await using var direct = NpgsqlDataSource.Create(ConnectionString);
        await using NpgsqlCommand promote = direct.CreateCommand("SELECT pg_promote(true, 60)");
        Assert.True((bool)(await promote.ExecuteScalarAsync())!);
    }

    /// <summary>Starts the server again on the same data.</summary>
    public void Start()
    {
        // The processes of a killed server may live a moment longer, and keep its shared memory.
        for (int tries = 0; ; tries++)
        {
            _process = Run("postgres", ["-D", Path.Combine(_folder, "data"), "-p", Port.ToString(CultureInfo.InvariantCulture), "-h", "127.0.0.1", "-k", "", "-c", "fsync=off", "-c", "deadlock_timeout=50ms", "-c", "max_connections=200", "-c", "lc_messages=C"]);
            while (_process.StandardError.ReadLine() is { } line)
            {
                if (line.Contains("ready to accept", StringComparison.Ordinal))
                {
                    // Read on, or the server would wait for room in the pipe.
                    Process process = _process;
                    new Thread(() => process.StandardError.ReadToEnd()) { IsBackground = true }.Start();
                    return;
                }
            }

            Assert.True(tries < 100, "PostgreSQL does not start.");
            _process.WaitForExit();
            _process.Dispose();
        }
    }

    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        if (_folder.Length > 0 && Directory.Exists(_folder))
        {
            try
            {
                Directory.Delete(_folder, recursive: true);
            }
            catch (IOException)
            {
                // A process of the server still writes. The folder is temporary.
            }
        }
    }

    private static PostgreSqlServer? StartShared() =>
        Environment.GetEnvironmentVariable("MEAIBUDGET_POSTGRESQL") is { Length: > 0 } configured
            ? new PostgreSqlServer(configured, "", "", new NpgsqlConnectionStringBuilder(configured).Port)
            : TryStart();

    private static PostgreSqlServer? TryStart()
    {
        if (FindBinaries() is not { } binaries)
        {
            return null;
        }

        PostgreSqlServer server = Create(binaries);
        using Process create = server.Run("initdb", ["-D", Path.Combine(server._folder, "data"), "-A", "trust", "-U", "meaibudget", "-E", "UTF8", "--locale=C", "--no-sync"]);
        string errors = create.StandardError.ReadToEnd();
        create.WaitForExit();
        Assert.True(create.ExitCode == 0, $"initdb failed: {errors}");
        server.Start();
        return server;
    }

    /// <summary>Chooses a folder and a port.</summary>
    private static PostgreSqlServer Create(string binaries)
    {
        string folder = Directory.CreateTempSubdirectory("meaibudget-postgresql-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        }

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        return new PostgreSqlServer(
            $"Host=127.0.0.1;Port={port};Username=meaibudget;Database=postgres;Pooling=true;Maximum Pool Size=50", folder, binaries, port);
    }

    private static string? FindBinaries()
    {
        IEnumerable<string> installed = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(folder => double.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)).Select(folder => Path.Combine(folder, "bin"))
            : [];
        return installed.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb")));
    }

    /// <summary>Starts a program of the server, as a user without privileges, since it refuses to run as root.</summary>
    private Process Run(string program, string[] arguments)
    {
        string path = Path.Combine(_binaries, program);
        ProcessStartInfo start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", path, .. arguments])
            : new ProcessStartInfo(path, arguments);
        start.RedirectStandardError = true;
        start.RedirectStandardOutput = program == "initdb";
        start.WorkingDirectory = _folder;
        start.Environment["LC_ALL"] = "C";
        Process process = Process.Start(start)!;
        if (start.RedirectStandardOutput)
        {
            process.BeginOutputReadLine();
        }

        return process;
    }
}
