using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace MeaiBudget.Tests;

/// <summary>Every change, sent by somebody who may not, by another page, or with odd input, is refused and logged.</summary>
public sealed partial class ConsoleChangeTests
{
    private static readonly string[] Refusals =
        ["no right", "no user", "no token", "another token", "token of another user", "another origin", "null origin", "cross-site", "json", "broken multipart", "no body"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> EveryChangeAndRefusal()
    {
        var all = new TheoryData<string, string>();
        foreach (string change in ConsoleChange.Names)
        {
            foreach (string refusal in Refusals)
            {
                all.Add(change, refusal);
            }
        }

        return all;
    }

    /// <summary>An endpoint that changes something and is not /change would not be held by the other tests of this class.</summary>
    [Fact]
    public async Task OnlyOneEndpointTakesAnythingButGetAndAllNeedThePolicy()
    {
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker());
        RouteEndpoint[] endpoints = [.. app.Application.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Where(one => one.RoutePattern.RawText!.StartsWith("/console", StringComparison.Ordinal))];
        Assert.Equal(
            ["GET /console/{**rest}", "POST /console/change"],
            endpoints.SelectMany(endpoint => (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["any"]).Select(method => $"{method} {endpoint.RoutePattern.RawText}")).Order(StringComparer.Ordinal));
        Assert.All(endpoints, endpoint => Assert.Equal("read", Assert.Single(endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>()).Policy));
    }

    [Theory, MemberData(nameof(EveryChangeAndRefusal))]
    public async Task AChangeThatIsNotAllowedIsRefusedAndLogged(string change, string refusal)
    {
        var logs = new FakeLoggerProvider();
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker(), register: services => services.AddLogging(logging => logging.AddProvider(logs)));
        Guid call = await SpendAsync(app);
        using HttpClient client = app.Client(ConsoleApplication.Operator);
        Dictionary<string, string> fields = await FormAsync(client, change, call);
        string token = Assert.Single(fields.Keys, name => name.Contains("Token", StringComparison.Ordinal));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/console/change", UriKind.Relative));
        string user = ConsoleApplication.Operator;
        switch (refusal)
        {
            case "no right":
                user = ConsoleApplication.Reader;
                break;
            case "no user":
                client.DefaultRequestHeaders.Remove("X-User");
                user = "";
                break;
            case "no token":
                fields.Remove(token);
                break;
            case "another token":
                fields[token] = "CfDJ8" + fields[token][5..^4] + "AAAA";
                break;
            case "token of another user":
                fields[token] = (await FormAsync(app.Client(ConsoleApplication.Operator), change, call))[token];
                break;
            case "another origin":
                request.Headers.Add("Origin", "https://evil.example");
                break;
            case "null origin":
                request.Headers.Add("Origin", "null");
                break;
            case "cross-site":
                request.Headers.Add("Sec-Fetch-Site", "cross-site");
                break;
            default:
                break;
        }

        if (user == ConsoleApplication.Reader)
        {
            client.DefaultRequestHeaders.Remove("X-User");
            client.DefaultRequestHeaders.Add("X-User", user);
        }

        request.Content = refusal switch
        {
            "json" => new StringContent(System.Text.Json.JsonSerializer.Serialize(fields), Encoding.UTF8, "application/json"),
            "broken multipart" => new StringContent("--x\r\nbroken", Encoding.UTF8) { Headers = { ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x") } },
            "no body" => null,
            _ => new FormUrlEncodedContent(fields),
        };
        using HttpResponseMessage answer = await client.SendAsync(request, Cancelled);

        Assert.Equal(refusal switch { "no user" => HttpStatusCode.Unauthorized, "no right" => HttpStatusCode.Forbidden, _ => HttpStatusCode.BadRequest }, answer.StatusCode);
        await AssertUnchangedAsync(app, call);
        if (user.Length > 0)
        {
            FakeLogRecord record = Assert.Single(logs.Collector.GetSnapshot(), record => record.Id.Id == 611);
            Assert.Equal(LogLevel.Warning, record.Level);
            Assert.Contains($"'{user}'", record.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task AnotherMethodChangesNothing(string method)
    {
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker());
        Guid call = await SpendAsync(app);
        using HttpClient client = app.Client(ConsoleApplication.Operator);
        foreach (string change in ConsoleChange.Names)
        {
            Dictionary<string, string> fields = await FormAsync(client, change, call);
            string query = string.Join('&', fields.Select(field => $"{Uri.EscapeDataString(field.Key)}={Uri.EscapeDataString(field.Value)}"));
            using var request = new HttpRequestMessage(new HttpMethod(method), new Uri("/console/change?" + query, UriKind.Relative));
            if (method is not ("GET" or "HEAD"))
            {
                request.Content = new FormUrlEncodedContent(fields);
            }

            request.Headers.Add("X-HTTP-Method-Override", "POST");
            using HttpResponseMessage answer = await client.SendAsync(request, Cancelled);
            Assert.Equal(method == "GET" ? HttpStatusCode.OK : HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        }

        await AssertUnchangedAsync(app, call);
    }

    [Theory]
    [InlineData("grant,limit,adjust", "amount", "-5")]
    [InlineData("grant,limit,adjust", "amount", "NaN")]
    [InlineData("grant,limit,adjust", "amount", "Infinity")]
    [InlineData("grant,limit,adjust", "amount", "1e30")]
    [InlineData("grant,limit,adjust", "amount", "1E2")]
    [InlineData("grant,limit,adjust", "amount", "9000000000.01")]
    [InlineData("grant,limit,adjust", "amount", "79228162514264337593543950336")]
    [InlineData("grant,limit,adjust", "amount", "1,50")]
    [InlineData("grant,limit,adjust", "amount", "1,000")]
    [InlineData("grant,limit,adjust", "amount", "0x10")]
    [InlineData("grant,limit,adjust", "amount", "$$5")]
    [InlineData("grant,limit,adjust", "amount", "5 USD")]
    [InlineData("grant,limit,adjust", "amount", "0.0000000001")]
    [InlineData("grant,limit,adjust", "amount", "<b>5</b>")]
    [InlineData("grant,adjust", "amount", "")]
    [InlineData("grant", "amount", "0")]
    [InlineData("grant", "until", "")]
    [InlineData("grant", "until", "2001-01-01T00:00")]
    [InlineData("grant", "until", "05:00")]
    [InlineData("grant", "until", "12/11/2090 10:00")]
    [InlineData("grant", "until", "0001-01-01T00:00")]
    [InlineData("grant", "until", "99999-01-01T00:00")]
    [InlineData("grant", "key", "")]
    [InlineData("stop,resume,grant,limit", "key", "line\nend")]
    [InlineData("stop,resume,grant,limit", "key", "line\r\nend")]
    [InlineData("stop,resume,grant,limit", "key", "nul\0")]
    [InlineData("stop,resume,grant,limit", "key", "4 kB")]
    [InlineData("stop,resume,grant,limit", "budget", "")]
    [InlineData("stop,resume,grant,limit", "budget", "day")]
    [InlineData("stop,resume,grant,limit", "budget", "<script>alert(1)</script>")]
    [InlineData("stop,resume,grant,limit", "tracker", "-1")]
    [InlineData("stop,resume,grant,limit", "tracker", "99999999999999999999")]
    [InlineData("stop,resume,grant,limit,adjust", "do", "STOP")]
    [InlineData("stop,resume,grant,limit,adjust", "do", "")]
    [InlineData("stop,resume,grant,limit,adjust", "reason", "\t")]
    [InlineData("stop,resume,grant,limit,adjust", "reason", "4 kB")]
    [InlineData("adjust", "attempt", "0")]
    [InlineData("adjust", "attempt", "-1")]
    [InlineData("adjust", "attempt", "2")]
    [InlineData("adjust", "call", "")]
    [InlineData("adjust", "call", "00000000-0000-0000-0000-000000000000")]
    public async Task OddInputIsRefusedAndLoggedOnOneLine(string changes, string field, string value)
    {
        var logs = new FakeLoggerProvider();
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker(), register: services => services.AddLogging(logging => logging.AddProvider(logs)));
        Guid call = await SpendAsync(app);
        using HttpClient client = app.Client(ConsoleApplication.Operator);
        string[] names = changes.Split(',');
        foreach (string change in names)
        {
            Dictionary<string, string> fields = await FormAsync(client, change, call);
            fields[field] = value == "4 kB" ? new string('x', 4_096) : value;
            using HttpResponseMessage answer = await client.PostAsync(new Uri("/console/change", UriKind.Relative), new FormUrlEncodedContent(fields), Cancelled);
            string text = await answer.Content.ReadAsStringAsync(Cancelled);
            Assert.True(answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound, $"{change}: {answer.StatusCode}");
            Assert.Contains("class=\"alert\"", text, StringComparison.Ordinal);
            Assert.DoesNotContain("<script>alert", text, StringComparison.Ordinal);
        }

        await AssertUnchangedAsync(app, call);
        FakeLogRecord[] records = [.. logs.Collector.GetSnapshot().Where(record => record.Id.Id == 611)];
        Assert.Equal(names.Length, records.Length);
        Assert.All(records, record => Assert.DoesNotContain(record.Message, char.IsControl));
    }

    [Fact]
    public async Task AKeyOfHtmlIsTextInTheFormTheAuditTrailAndTheLog()
    {
        const string Key = "<img src=x onerror=alert(1)>\"'";
        var logs = new FakeLoggerProvider();
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker(), register: services => services.AddLogging(logging => logging.AddProvider(logs)));
        Guid call = await SpendAsync(app);
        using HttpClient client = app.Client(ConsoleApplication.Operator);
        Dictionary<string, string> fields = await FormAsync(client, "stop", call);
        (fields["key"], fields["reason"]) = (Key, "first\r\nsecond sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH");
        using HttpResponseMessage answer = await client.PostAsync(new Uri("/console/change", UriKind.Relative), new FormUrlEncodedContent(fields), Cancelled);
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.True((await app.Tracker.GetStatusAsync("tenant", Key, Cancelled)).IsStopped);
        string health = await client.GetStringAsync(new Uri("/console/health", UriKind.Relative), Cancelled);
        Assert.DoesNotContain("<img", health, StringComparison.Ordinal);
        Assert.Contains("&lt;img", health, StringComparison.Ordinal);
        FakeLogRecord record = Assert.Single(logs.Collector.GetSnapshot(), record => record.Id.Id == 610);
        Assert.DoesNotContain(record.Message, char.IsControl);
        Assert.DoesNotContain("abcdefghijklmnopqrstuvwxyz", record.Message + health, StringComparison.Ordinal);
    }

    private static CostTracker Tracker() => new(
        [Budget.Daily("day", 20m), Budget.Monthly("tenant", 2m).PerTag("tenant")], ledger: new InMemorySpendLedger { KeepsRecords = true });

    private static async Task<Guid> SpendAsync(ConsoleApplication app)
    {
        await app.CallAsync("gpt-4o-mini", 1_000, 100, "acme");
        return (await ((ISpendHistory)app.Tracker.Ledger).ReadCallsAsync(new SpendQuery { Take = 1 }, Cancelled))[0].Id!.Value.CallId;
    }

    private static async Task AssertUnchangedAsync(ConsoleApplication app, Guid call)
    {
        Assert.Empty((await app.Tracker.Ledger.ReadSettingsAsync(Cancelled)).Settings);
        foreach ((string budget, string key) in ((string, string)[])[("tenant", "acme"), ("day", "")])
        {
            BudgetStatus status = await app.Tracker.GetStatusAsync(budget, key, Cancelled);
            Assert.Equal((false, 0m, 0.00021m), (status.IsStopped, status.Granted, status.Spent));
        }

        Assert.Equal(0.00021m, Assert.Single(await ((ISpendHistory)app.Tracker.Ledger).ReadCallsAsync(new SpendQuery { Where = new Dictionary<string, string> { ["call"] = call.ToString("D") } }, Cancelled)).Spent);
    }

    private static async Task<Dictionary<string, string>> FormAsync(HttpClient client, string change, Guid call)
    {
        string page = await client.GetStringAsync(new Uri($"/console/change?do={change}&tracker=0&budget=tenant&key=acme&call={call}&attempt=1", UriKind.Relative), Cancelled);
        var fields = Input().Matches(page).ToDictionary(input => WebUtility.HtmlDecode(input.Groups[1].Value), input => WebUtility.HtmlDecode(Value().Match(input.Value).Groups[1].Value));
        if (change is "limit" or "adjust")
        {
            fields["amount"] = "1.25";
        }

        return fields;
    }

    [GeneratedRegex("<input[^>]* name=\"([^\"]+)\"[^>]*>")]
    private static partial Regex Input();

    [GeneratedRegex("value=\"([^\"]*)\"")]
    private static partial Regex Value();
}
