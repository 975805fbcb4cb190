using System.Net;

namespace MeaiBudget.Tool.Tests;

/// <summary><c>meaibudget dashboard</c>: who reaches it, and what it shows.</summary>
public sealed class DashboardTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TheTokenOpensTheConsoleOnceAndTheCookieKeepsItOpen()
    {
        await using DashboardServer server = await StartAsync(mayChange: false);
        Assert.Equal("127.0.0.1", server.Address.Host);
        using HttpClient browser = Client(server);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(browser, "/console"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(browser, "/open"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(browser, "/open?token=" + new string('0', server.Token.Length)));
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(browser, server.Link.PathAndQuery));
        Assert.Contains("$0.0", await browser.GetStringAsync(new Uri("/console", UriKind.Relative), Cancelled), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(browser, "/console/api/spend"));

        using HttpClient other = Client(server);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(other, server.Link.PathAndQuery));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(other, "/console/api/spend"));
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:{port}")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:1")]
    [InlineData("127.0.0.1.evil.example:{port}")]
    [InlineData("localhost.evil.example:{port}")]
    [InlineData("[::1]:{port}")]
    public async Task AnotherHostIsRefusedEvenWithTheCookie(string host)
    {
        await using DashboardServer server = await StartAsync(mayChange: true);
        using HttpClient browser = Client(server);
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(browser, server.Link.PathAndQuery));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/console", UriKind.Relative));
        request.Headers.Host = host.Replace("{port}", server.Address.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        using HttpResponseMessage answer = await browser.SendAsync(request, Cancelled);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData(false, HttpStatusCode.NotFound)]
    [InlineData(true, HttpStatusCode.OK)]
    public async Task ChangesAreOffUnlessTheyAreAllowed(bool mayChange, HttpStatusCode expected)
    {
        await using DashboardServer server = await StartAsync(mayChange);
        using HttpClient browser = Client(server);
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(browser, server.Link.PathAndQuery));
        Assert.Equal(expected, await StatusAsync(browser, "/console/change?do=stop&tracker=0&budget=day"));
    }

    private static async Task<DashboardServer> StartAsync(bool mayChange)
    {
        var tracker = new CostTracker([Budget.Daily("day", 10m)], ledger: new InMemorySpendLedger { KeepsRecords = true });
        await tracker.SpendAsync("gpt-4o-mini", 100_000, 0, cancellationToken: Cancelled);
        return await DashboardServer.StartAsync(tracker, 0, mayChange, TimeZoneInfo.Utc, Cancelled);
    }

    private static HttpClient Client(DashboardServer server) =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = server.Address };

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path)
    {
        using HttpResponseMessage answer = await client.GetAsync(new Uri(path, UriKind.Relative), Cancelled);
        return answer.StatusCode;
    }
}
