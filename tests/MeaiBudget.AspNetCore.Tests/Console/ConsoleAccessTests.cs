using System.Net;
using System.Text.RegularExpressions;

namespace MeaiBudget.Tests;

/// <summary>Who may see and who may change what.</summary>
public sealed partial class ConsoleAccessTests
{
    private static readonly string[] Paths =
        ["", "/budgets", "/keys?budget=tenant", "/calls", "/call?id=00000000-0000-0000-0000-000000000001", "/health", "/change?do=stop&tracker=0&budget=day", "/events?page=", "/api/spend", "/api/budgets?format=csv", "/api/openapi.json", "/assets/console.css", "/nothing"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WithoutAPolicyNothingIsReachable()
    {
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker(), ConsoleApplication.Operator, options => options.AuthorizationPolicy = null);
        using HttpClient client = app.Client(ConsoleApplication.Operator);
        foreach (string path in Paths)
        {
            using HttpResponseMessage answer = await client.GetAsync(new Uri("/console" + path, UriKind.Relative), Cancelled);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            string text = await answer.Content.ReadAsStringAsync(Cancelled);
            Assert.Contains("AuthorizationPolicy", text, StringComparison.Ordinal);
            Assert.DoesNotContain("tenant", text, StringComparison.Ordinal);
        }

        using HttpResponseMessage change = await client.PostAsync(new Uri("/console/change", UriKind.Relative), new FormUrlEncodedContent([]), Cancelled);
        Assert.Equal(HttpStatusCode.Forbidden, change.StatusCode);
    }

    [Fact]
    public async Task WithoutAUserNothingIsReachable()
    {
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker());
        using HttpClient client = app.Client(user: null);
        foreach (string path in Paths)
        {
            using HttpResponseMessage answer = await client.GetAsync(new Uri("/console" + path, UriKind.Relative), Cancelled);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Empty(await answer.Content.ReadAsStringAsync(Cancelled));
        }
    }

    [Fact]
    public async Task AReaderSeesNoChangesAndCannotMakeAny()
    {
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker());
        await app.CallAsync("gpt-4o-mini", 1000, 100, "acme");
        using HttpClient client = app.Client(ConsoleApplication.Reader);
        Assert.DoesNotContain("change?do", await client.GetStringAsync(new Uri("/console/budgets", UriKind.Relative), Cancelled), StringComparison.Ordinal);
        using HttpResponseMessage form = await client.GetAsync(new Uri("/console/change?do=stop&tracker=0&budget=day", UriKind.Relative), Cancelled);
        Assert.Equal(HttpStatusCode.Forbidden, form.StatusCode);

        using HttpClient other = app.Client(ConsoleApplication.Operator);
        Dictionary<string, string> fields = await FormAsync(other, "do=stop&tracker=0&budget=day");
        using HttpResponseMessage change = await PostAsync(client, fields);
        Assert.Equal(HttpStatusCode.Forbidden, change.StatusCode);
        Assert.False((await app.Tracker.GetStatusAsync("day", "", Cancelled)).IsStopped);
    }

    [Fact]
    public async Task WithoutAnActionsPolicyNobodyChangesAnything()
    {
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker(), configure: options => options.ActionsPolicy = null);
        using HttpClient client = app.Client(ConsoleApplication.Operator);
        using HttpResponseMessage form = await client.GetAsync(new Uri("/console/change?do=stop&tracker=0&budget=day", UriKind.Relative), Cancelled);
        Assert.Equal(HttpStatusCode.NotFound, form.StatusCode);
        using HttpResponseMessage change = await PostAsync(client, new() { ["do"] = "stop", ["tracker"] = "0", ["budget"] = "day", ["reason"] = "test" });
        Assert.Contains(change.StatusCode, new[] { HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed });
        Assert.False((await app.Tracker.GetStatusAsync("day", "", Cancelled)).IsStopped);
    }

    [Theory]
    [InlineData("no token")]
    [InlineData("another token")]
    [InlineData("no cookie")]
    [InlineData("another user")]
    [InlineData("another origin")]
    [InlineData("null origin")]
    [InlineData("another port")]
    [InlineData("cross-site")]
    [InlineData("same-site")]
    public async Task AFormThatIsNotOfTheConsoleIsRefused(string what)
    {
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker());
        using HttpClient client = app.Client(ConsoleApplication.Operator);
        using HttpClient stranger = app.Client(ConsoleApplication.Operator);
        Dictionary<string, string> fields = await FormAsync(client, "do=stop&tracker=0&budget=day");
        string token = Assert.Single(fields.Keys, name => name.Contains("Token", StringComparison.Ordinal));
        var headers = new Dictionary<string, string>();
        HttpClient sender = client;
        switch (what)
        {
            case "no token":
                fields.Remove(token);
                break;
            case "another token":
                fields[token] = "CfDJ8" + fields[token][5..^4] + "AAAA";
                break;
            case "no cookie":
                sender = stranger;
                break;
            case "another user":
                headers["X-User"] = "somebody";
                break;
            case "another origin":
                headers["Origin"] = "https://evil.example";
                break;
            case "null origin":
                headers["Origin"] = "null";
                break;
            case "another port":
                headers["Origin"] = $"http://127.0.0.1:{app.Address.Port + 1}";
                break;
            default:
                headers["Sec-Fetch-Site"] = what;
                break;
        }

        using HttpResponseMessage answer = await PostAsync(sender, fields, headers);
        Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.BadRequest, HttpStatusCode.Forbidden });
        Assert.False((await app.Tracker.GetStatusAsync("day", "", Cancelled)).IsStopped);
        Assert.Empty((await app.Tracker.Ledger.ReadSettingsAsync(Cancelled)).Settings);
    }

    [Fact]
    public async Task AnOperatorStopsGrantsLimitsAndResumesWithAnAuditTrail()
    {
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker());
        await app.CallAsync("gpt-4o-mini", 1000, 100, "acme");
        using HttpClient client = app.Client(ConsoleApplication.Operator);

        await ChangeAsync(client, "do=stop&tracker=0&budget=tenant&key=acme", ("reason", "runaway | agent"));
        Assert.True((await app.Tracker.GetStatusAsync("tenant", "acme", Cancelled)).IsStopped);
        Assert.False((await app.Tracker.GetStatusAsync("tenant", "globex", Cancelled)).IsStopped);
        await ChangeAsync(client, "do=resume&tracker=0&budget=tenant&key=acme");
        Assert.False((await app.Tracker.GetStatusAsync("tenant", "acme", Cancelled)).IsStopped);
        await ChangeAsync(client, "do=grant&tracker=0&budget=tenant&key=acme", ("amount", "5"));
        Assert.Equal(5m, (await app.Tracker.GetStatusAsync("tenant", "acme", Cancelled)).Granted);
        await ChangeAsync(client, "do=limit&tracker=0&budget=tenant&key=acme", ("amount", "12.50"));
        Assert.Equal(12.50m, (await app.Tracker.GetStatusAsync("tenant", "acme", Cancelled)).Limit);
        await ChangeAsync(client, "do=limit&tracker=0&budget=tenant&key=acme", ("amount", ""));
        Assert.Equal(2m, (await app.Tracker.GetStatusAsync("tenant", "acme", Cancelled)).Limit);

        string audit = await client.GetStringAsync(new Uri("/console/api/audit?format=csv", UriKind.Relative), Cancelled);
        string[] lines = audit.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(6, lines.Length);
        Assert.All(lines[1..], line => Assert.Contains("operator", line, StringComparison.Ordinal));
        Assert.Contains("stopped tenant of acme", lines[^1], StringComparison.Ordinal);
        Assert.Contains("runaway", lines[^1], StringComparison.Ordinal);
        Assert.Contains("until", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AGrantThatIsSentTwiceIsAppliedOnce()
    {
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker());
        await app.CallAsync("gpt-4o-mini", 1000, 100, "acme");
        using HttpClient client = app.Client(ConsoleApplication.Operator);
        Dictionary<string, string> fields = await FormAsync(client, "do=grant&tracker=0&budget=tenant&key=acme");
        for (int i = 0; i < 2; i++)
        {
            using HttpResponseMessage answer = await PostAsync(client, fields);
            Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        }

        Assert.Equal(5m, (await app.Tracker.GetStatusAsync("tenant", "acme", Cancelled)).Granted);
    }

    [Theory]
    [InlineData("do=grant&tracker=0&budget=tenant&key=acme", "amount", "-5")]
    [InlineData("do=grant&tracker=0&budget=tenant&key=acme", "amount", "five")]
    [InlineData("do=grant&tracker=0&budget=tenant&key=acme", "amount", "1e9")]
    [InlineData("do=grant&tracker=0&budget=tenant&key=acme", "amount", "9000000001")]
    [InlineData("do=grant&tracker=0&budget=tenant&key=acme", "until", "2001-01-01T00:00")]
    [InlineData("do=grant&tracker=0&budget=tenant&key=acme", "until", "tomorrow")]
    [InlineData("do=grant&tracker=0&budget=tenant&key=", "amount", "5")]
    [InlineData("do=limit&tracker=0&budget=day&key=", "amount", "-1")]
    [InlineData("do=stop&tracker=0&budget=day&key=", "reason", " ")]
    [InlineData("do=stop&tracker=0&budget=day&key=", "budget", "no such budget")]
    [InlineData("do=stop&tracker=0&budget=day&key=", "tracker", "7")]
    [InlineData("do=stop&tracker=0&budget=day&key=", "do", "delete")]
    [InlineData("do=adjust&call=00000000-0000-0000-0000-000000000001&attempt=1", "amount", "1")]
    public async Task AWrongChangeIsExplainedAndChangesNothing(string query, string field, string value)
    {
        await using ConsoleApplication app = await ConsoleApplication.StartAsync(Tracker());
        using HttpClient client = app.Client(ConsoleApplication.Operator);
        Dictionary<string, string> fields = await FormAsync(client, query);
        fields[field] = value;
        using HttpResponseMessage answer = await PostAsync(client, fields);
        Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.BadRequest, HttpStatusCode.NotFound });
        Assert.Empty((await app.Tracker.Ledger.ReadSettingsAsync(Cancelled)).Settings);
        Assert.Equal(0m, (await app.Tracker.GetStatusAsync("tenant", "acme", Cancelled)).Granted);
    }

    private static CostTracker Tracker() => new(Budget.Daily("day", 20m), Budget.Monthly("tenant", 2m).PerTag("tenant"));

    private static async Task ChangeAsync(HttpClient client, string query, params (string Name, string Value)[] fields)
    {
        Dictionary<string, string> form = await FormAsync(client, query);
        foreach ((string name, string value) in fields)
        {
            form[name] = value;
        }

        using HttpResponseMessage answer = await PostAsync(client, form);
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
    }

    private static async Task<Dictionary<string, string>> FormAsync(HttpClient client, string query)
    {
        string page = await client.GetStringAsync(new Uri("/console/change?" + query, UriKind.Relative), Cancelled);
        return Input().Matches(page).ToDictionary(input => WebUtility.HtmlDecode(input.Groups[1].Value), input => WebUtility.HtmlDecode(Value().Match(input.Value).Groups[1].Value));
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, Dictionary<string, string> fields, Dictionary<string, string>? headers = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/console/change", UriKind.Relative)) { Content = new FormUrlEncodedContent(fields) };
        foreach ((string name, string value) in headers ?? [])
        {
            request.Headers.Remove(name);
            request.Headers.Add(name, value);
        }

        return await client.SendAsync(request, Cancelled);
    }

    [GeneratedRegex("<input[^>]* name=\"([^\"]+)\"[^>]*>")]
    private static partial Regex Input();

    [GeneratedRegex("value=\"([^\"]*)\"")]
    private static partial Regex Value();
}
