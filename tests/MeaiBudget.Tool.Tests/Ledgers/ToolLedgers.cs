using System.CommandLine;
using System.Net;
using System.Net.Sockets;

namespace MeaiBudget.Tests;

/// <summary>New ledgers of each kind, as a command names them.</summary>
internal sealed class ToolLedgers : IDisposable
{
    private static readonly Lazy<RedisServerProcess?> Redis = new(StartRedis);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("meaibudget-");

    /// <summary>Returns the name and the --name of a new ledger. Skips the test where its server is missing.</summary>
    public (string Ledger, string Name) New(string kind)
    {
        string name = $"tool-{Guid.NewGuid():N}";
        switch (kind)
        {
            case "sqlite":
                return (Path.Combine(_folder.FullName, name + ".db"), name);
            case "redis":
                Assert.SkipWhen(Redis.Value is null, "There is no redis-server on the PATH.");
                return ("redis:" + Redis.Value!.Configuration, name);
            default:
                return (PostgreSqlServer.Get().ConnectionString, name);
        }
    }

    public static async Task<ISpendLedger> OpenAsync((string Ledger, string Name) one) =>
        await MeaiBudget.Tool.LedgerCommand.OpenLedgerAsync(one.Ledger, one.Name, CancellationToken.None, creates: true);

    public static async Task<(int Code, string Output)> RunAsync(Command command, params string[] arguments)
    {
        using var output = new StringWriter();
        int code = await command.Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = output });
        return (code, output.ToString());
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static RedisServerProcess? StartRedis()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var process = RedisServerProcess.TryStart(port, []);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => process?.Dispose();
        return process;
    }
}
