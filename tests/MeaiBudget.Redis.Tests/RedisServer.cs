using System.Net;
using System.Net.Sockets;
using Garnet;
using Garnet.server;
using Garnet.server.Auth.Settings;

namespace MeaiBudget.Tests;

/// <summary>The servers that the tests run on: the one named by MEAIBUDGET_REDIS, a redis-server of the machine, an embedded Garnet.</summary>
public enum RedisServerKind
{
    Redis,
    Garnet,
}

/// <summary>One server for all tests of this process.</summary>
public sealed class RedisServer : IDisposable
{
    private static readonly Lazy<RedisServer?> Redis = new(StartRedis);
    private static readonly Lazy<RedisServer?> Garnet = new(StartGarnet);
    private readonly IDisposable _running;

    private RedisServer(string configuration, IDisposable running)
    {
        Configuration = configuration;
        _running = running;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
    }

    public string Configuration { get; }

    public int Port => ((IPEndPoint)StackExchange.Redis.ConfigurationOptions.Parse(Configuration).EndPoints[0]).Port;

    /// <summary>The shared server, started on first use. Without redis-server, the test is skipped.</summary>
    public static RedisServer Get(RedisServerKind kind)
    {
        RedisServer? server = (kind == RedisServerKind.Redis ? Redis : Garnet).Value;
        Assert.SkipWhen(server is null, "There is no redis-server on the PATH, and MEAIBUDGET_REDIS is not set.");
        return server!;
    }

    /// <summary>A separate server that a test may stop, or null without redis-server.</summary>
    public static RedisServerProcess? TryStartProcess() => RedisServerProcess.TryStart(FreePort(), []);

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose() => _running.Dispose();

    private static RedisServer? StartRedis()
    {
        if (Environment.GetEnvironmentVariable("MEAIBUDGET_REDIS") is { Length: > 0 } configuration)
        {
            return new RedisServer(configuration, new MemoryStream());
        }

        return RedisServerProcess.TryStart(FreePort(), []) is { } process ? new RedisServer(process.Configuration, process) : null;
    }

    private static RedisServer StartGarnet()
    {
        int port = FreePort();
        var server = new GarnetServer(new GarnetServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, port)],
            EnableLua = true,
            LuaTransactionMode = true,
            LuaOptions = new LuaOptions(LuaMemoryManagementMode.Native, "", Timeout.InfiniteTimeSpan, LuaLoggingMode.Disable, []),
            AuthSettings = new NoAuthSettings(),
            QuietMode = true,
        });
        server.Start();
        return new RedisServer($"127.0.0.1:{port}", server);
    }
}
