using System.Diagnostics;
using System.Net;
using System.Text.Json;
using MeaiBudget.Tests;

namespace MeaiBudget.Tool.Tests;

/// <summary><c>meaibudget dashboard --ledger</c> as a process, on a ledger of each kind that another process wrote.</summary>
public sealed class DashboardLedgerTests
{
    private const string Budgets = """{ "budgets": [{ "name": "tenant", "limit": 0.2, "period": "month", "partition": ["tag:tenant"] }, { "name": "day", "limit": 5, "period": "day" }] }""";

    private static readonly string[] Pages = ["", "?by=budget", "?range=yesterday", "/budgets", "/keys?budget=tenant", "/calls", "/calls?show=refused&budget=tenant&key=acme", "/health"];

    private static readonly string[] Tables = ["spend", "timeline", "spenders", "budgets", "keys?budget=tenant", "calls", "health", "alerts", "audit"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task R3_ALedgerOnSqliteIsServed()
    {
        string file = Path.Combine(Path.GetTempPath(), $"meaibudget-dashboard-{Guid.NewGuid():N}.db");
        try
        {
            await using (var ledger = SqliteSpendLedger.Open(file))
            {
                await SpendAsync(ledger);
            }

            await ServeAsync(["--ledger", file], hasCalls: true);
        }
        finally
        {
            foreach (string written in Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(file) + "*"))
            {
                File.Delete(written);
            }
        }
    }

    [Fact]
    public async Task R3_ALedgerOnPostgreSqlIsServed()
    {
        string name = Guid.NewGuid().ToString("N");
        string server = PostgreSqlServer.Get().ConnectionString;
        await using (PostgreSqlSpendLedger ledger = await PostgreSqlSpendLedger.OpenAsync(server, new PostgreSqlSpendLedgerOptions { Name = name, Migrate = true }, Cancelled))
        {
            await SpendAsync(ledger);
        }

        await ServeAsync(["--ledger", "env:MEAIBUDGET_TEST_LEDGER", "--name", name], hasCalls: true, server);
    }

    [Fact]
    public async Task R3_ALedgerOnRedisIsServedWithItsSumsByTheHour()
    {
        using var server = RedisServerProcess.TryStart(FreePort(), []);
        Assert.SkipWhen(server is null, "redis-server is not installed.");
        await using (RedisSpendLedger ledger = await RedisSpendLedger.ConnectAsync(server!.Configuration, new RedisSpendLedgerOptions { Name = "spend" }, Cancelled))
        {
            await SpendAsync(ledger);
        }

        await ServeAsync(["--ledger", "env:MEAIBUDGET_TEST_LEDGER", "--name", "spend"], hasCalls: false, "redis:" + server.Configuration);
    }

    /// <summary>Spends, and lets a call be refused.</summary>
    private static async Task SpendAsync(ISpendLedger ledger)
    {
        var tracker = new CostTracker([Budget.Monthly("tenant", 0.2m).PerTag("tenant"), Budget.Daily("day", 5m)], ledger: ledger);
        var tags = new Dictionary<string, string> { ["tenant"] = "acme" };
        await tracker.SpendAsync("gpt-4o-mini", 1_200_000, 100, tags, Cancelled);
        SpendReservation refused = await tracker.ReserveAsync(
            new SpendRequest { CallId = Guid.NewGuid(), Attempt = 1, ModelId = "gpt-4o", Estimate = new TokenEstimate(100_000, 100_000, TokenEstimateSource.Exact), OutputTokens = 100, Tags = tags }, Cancelled);
        Assert.Equal("tenant", refused.Refusal?.Budget);
        await tracker.WritingHistory;
    }

    private static async Task ServeAsync(string[] ledger, bool hasCalls, string? variable = null)
    {
        string config = Path.Combine(Path.GetTempPath(), $"meaibudget-dashboard-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(config, Budgets, Cancelled);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "MeaiBudget.Tool.dll"), "dashboard", .. ledger, "--config", config, "--port", "0"]) { RedirectStandardOutput = true, RedirectStandardError = true };

        // An address that the environment asks for must not open the server to others.
        start.Environment["ASPNETCORE_URLS"] = "http://0.0.0.0:0";
        start.Environment["MEAIBUDGET_TEST_LEDGER"] = variable;
        using Process process = Process.Start(start)!;
        try
        {
            string line = await process.StandardOutput.ReadLineAsync(Cancelled) ?? throw new InvalidOperationException(await process.StandardError.ReadToEndAsync(Cancelled));
            await ReadAsync(new Uri(line.Trim()), hasCalls);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            File.Delete(config);
        }
    }

    private static async Task ReadAsync(Uri link, bool hasCalls)
    {
        Assert.Equal("127.0.0.1", link.Host);
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(link, "/") };
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(browser, "/console")).Status);
        Assert.Equal(HttpStatusCode.Redirect, (await GetAsync(browser, link.PathAndQuery)).Status);
        foreach (string page in Pages)
        {
            (HttpStatusCode status, string text) = await GetAsync(browser, "/console" + page);
            Assert.True(status == HttpStatusCode.OK, $"{page}: {status} {text}");
            Assert.Equal(!hasCalls && page.StartsWith("/calls", StringComparison.Ordinal), text.Contains("no single calls", StringComparison.Ordinal) && page.StartsWith("/calls", StringComparison.Ordinal));
        }

        foreach (string table in Tables)
        {
            (HttpStatusCode status, string text) = await GetAsync(browser, "/console/api/" + table);
            Assert.True(status == HttpStatusCode.OK, $"{table}: {status} {text}");
            using var json = JsonDocument.Parse(text);
            string csv = (await GetAsync(browser, $"/console/api/{table}{(table.Contains('?', StringComparison.Ordinal) ? '&' : '?')}format=csv")).Text;
            Assert.Equal(json.RootElement.GetProperty("items").GetArrayLength() + 1, csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        }

        Assert.Contains("\r\ngpt-4o-mini,0.18006,", (await GetAsync(browser, "/console/api/spend?by=model&format=csv")).Text, StringComparison.Ordinal);
        Assert.Contains("\r\nacme,0.9", (await GetAsync(browser, "/console/api/keys?budget=tenant&format=csv")).Text, StringComparison.Ordinal);
        Assert.Contains("acme,0.18006,", (await GetAsync(browser, "/console/api/spenders?format=csv")).Text, StringComparison.Ordinal);
        string refused = (await GetAsync(browser, "/console/api/calls?show=refused&format=csv")).Text;
        Assert.Equal(hasCalls, refused.Contains("tenant of acme: Spent", StringComparison.Ordinal));

        // The token works once, the server is reached by its own name only, and nothing can be changed.
        using var other = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = browser.BaseAddress };
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync(other, link.PathAndQuery)).Status);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/console", UriKind.Relative));
        request.Headers.Host = $"evil.example:{link.Port}";
        using HttpResponseMessage answer = await browser.SendAsync(request, Cancelled);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        using HttpResponseMessage change = await browser.PostAsync(new Uri("/console/change", UriKind.Relative), new FormUrlEncodedContent([]), Cancelled);
        Assert.Contains(change.StatusCode, new[] { HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed });
        foreach (IPAddress address in (await Dns.GetHostAddressesAsync(Dns.GetHostName(), Cancelled)).Where(address => !IPAddress.IsLoopback(address)))
        {
            using var socket = new System.Net.Sockets.Socket(address.AddressFamily, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(async () => await socket.ConnectAsync(address, link.Port, Cancelled));
        }
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(HttpClient client, string path)
    {
        using HttpResponseMessage answer = await client.GetAsync(new Uri(path, UriKind.Relative), Cancelled);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancelled));
    }
}
