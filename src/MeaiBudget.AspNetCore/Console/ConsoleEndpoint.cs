using System.Threading.Channels;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace MeaiBudget;

/// <summary>Answers the requests of the console: pages, the event stream, the JSON API, changes and the two files that pages need.</summary>
internal sealed partial class ConsoleEndpoint(ConsoleData data, BudgetConsoleOptions options, ILogger logger)
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private const int LongestQuery = 4_000;
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    /// <summary>Then the stream ends and the browser opens another, so that a user who lost the right sees no more.</summary>
    private static readonly TimeSpan LongestStream = TimeSpan.FromMinutes(10);

    /// <summary>A ledger that takes longer is away: a lock or a dead server can keep a read for as long as its own time-out.</summary>
    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(5);

    private readonly PageFeeds _feeds = new(data.Time, options.RefreshInterval);

    public PageFeeds Feeds => _feeds;

    /// <summary>Answers a request that reads.</summary>
    public async Task GetAsync(HttpContext context)
    {
        Secure(context.Response);
        if (context.Request.QueryString.Value?.Length > LongestQuery)
        {
            context.Response.StatusCode = StatusCodes.Status414UriTooLong;
            return;
        }

        ConsoleRequest request = await RequestOf(context);
        CancellationToken gone = context.RequestAborted;
        switch (request.Path)
        {
            case "events":
                await SendEventsAsync(context, request with { Path = request.Get("view") ?? "" });
                return;
            case "api/openapi.json":
                await WriteAsync(context, ConsoleApi.Describe($"{context.Request.Scheme}://{context.Request.Host}{request.Base}/api"), "application/json");
                return;
            case "change":
                await SendFormAsync(context, request, ConsoleChange.Of(request.Get, data), null);
                return;
        }

        if (request.Path.StartsWith("assets/", StringComparison.Ordinal))
        {
            await SendAssetAsync(context, request.Path["assets/".Length..]);
        }
        else if (request.Path.StartsWith("api/", StringComparison.Ordinal))
        {
            await SendTableAsync(context, request);
        }
        else
        {
            await SendPageAsync(context, request, await PageAsync(request, gone));
        }
    }

    /// <summary>Applies a change that a form sent.</summary>
    public async Task PostAsync(HttpContext context)
    {
        Secure(context.Response);
        ConsoleRequest request = await RequestOf(context);
        if (!request.CanAct)
        {
            LogRefusedChange(Clean(UserOf(context)), "the user does not meet the policy for changes");
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        if (!IsOfThisOrigin(context.Request) || !await HasTokenAsync(context))
        {
            LogRefusedChange(Clean(UserOf(context)), "the form has no valid antiforgery token, or it is of another origin");
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await SendPageAsync(context, request, BudgetsPage.Missing("The form is not of this console, or too old. Open it again.") with { Title = "Refused", Status = StatusCodes.Status400BadRequest });
            return;
        }

        IFormCollection form = await context.Request.ReadFormAsync(context.RequestAborted);
        var change = ConsoleChange.Of(name => form[name].ToString(), data);
        string user = UserOf(context);
        string? problem;
        try
        {
            // A change that has begun is not cancelled: its entry in the audit trail belongs to it.
            problem = await change.ApplyAsync(data, user, CancellationToken.None);
        }
        catch (SpendLedgerException)
        {
            problem = "The ledger failed, so it is not known whether the change was made. See the budgets page before you repeat it. The log has the reason.";
        }

        if (problem is not null)
        {
            LogRefusedChange(Clean(user), Clean($"{change.What} '{change.Budget}' key '{change.Key}' amount '{change.Amount}': {problem}"));
            await SendFormAsync(context, request, change, problem);
            return;
        }

        (string by, string budget, string key) = (Clean(user), Clean(change.Budget), Clean(change.Key));
        (string amount, string reason) = (Clean(change.Amount), Clean(change.Reason));
        LogChange(by, change.What, budget, key, amount, reason);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = change.What == "adjust" ? request.Url("call", ("id", change.Call.ToString("D")))
            : data.Find(change.Tracker, change.Budget) is { Budget.IsDivided: true } ? request.Url("keys", ("tracker", change.Tracker.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("budget", change.Budget), ("search", change.Key))
            : request.Url("budgets");
    }

    private static readonly string[] LivePages = ["", "budgets", "keys", "calls", "call", "health"];

    /// <summary>Refuses everything, because no policy is named.</summary>
    public static async Task RefuseAsync(HttpContext context)
    {
        Secure(context.Response);
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync("The console has no authorization policy, so nothing is reachable. Set BudgetConsoleOptions.AuthorizationPolicy.", context.RequestAborted);
    }

    private async Task<ConsolePage> PageAsync(ConsoleRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await WithinAsync(() => RenderAsync(request, cancellationToken), cancellationToken);
        }
        catch (TimeoutException)
        {
            return BudgetsPage.Missing($"The ledger did not answer within {LongestRead.TotalSeconds} seconds. The health page shows whether it answers again.") with { Title = "Ledger away", Status = 503 };
        }
        catch (SpendLedgerException)
        {
            return BudgetsPage.Missing("The ledger could not be read. The log has the reason; the health page shows whether it answers again.") with { Title = "Ledger away", Status = 503 };
        }
        catch (ArgumentException)
        {
            return BudgetsPage.Missing("The page was asked for something that does not exist. Open it from the navigation.") with { Title = "Not valid", Status = 400 };
        }
    }

    private async Task<ConsolePage> RenderAsync(ConsoleRequest request, CancellationToken cancellationToken) => request.Path switch
    {
        "" => await OverviewPage.RenderAsync(request, data, cancellationToken),
        "budgets" => await BudgetsPage.RenderAsync(request, data, cancellationToken),
        "keys" => await BudgetsPage.RenderKeysAsync(request, data, cancellationToken),
        "calls" => await CallsPage.RenderAsync(request, data, cancellationToken),
        "call" => await CallPage.RenderAsync(request, data, cancellationToken),
        "health" => await HealthPage.RenderAsync(request, data, cancellationToken),
        _ => BudgetsPage.Missing("The console has no such page."),
    };

    /// <summary>Reads for at most <see cref="LongestRead"/>. The read goes on and fills the cache; it may not observe its token.</summary>
    /// <exception cref="TimeoutException">The ledger did not answer in time.</exception>
    private Task<TResult> WithinAsync<TResult>(Func<Task<TResult>> read, CancellationToken cancellationToken) =>
        Task.Run(read, cancellationToken).WaitAsync(LongestRead, data.Time, cancellationToken);

    private async Task SendPageAsync(HttpContext context, ConsoleRequest request, ConsolePage page)
    {
        context.Response.StatusCode = page.Status;
        await WriteAsync(context, System.Text.Encoding.UTF8.GetBytes(ConsoleLayout.Render(request, page, options.Title, UserOf(context)).Text), "text/html; charset=utf-8");
    }

    private async Task SendFormAsync(HttpContext context, ConsoleRequest request, ConsoleChange change, string? problem)
    {
        if (!request.CanAct)
        {
            context.Response.StatusCode = options.ActionsPolicy is null ? StatusCodes.Status404NotFound : StatusCodes.Status403Forbidden;
            return;
        }

        // The antiforgery system sets this header itself, and would warn of the one that every answer of the console has.
        context.Response.Headers.Remove(HeaderNames.CacheControl);
        AntiforgeryTokenSet tokens = context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context);
        ConsolePage page;
        try
        {
            page = await WithinAsync(async () => await ChangePage.RenderAsync(request, data, change, (tokens.FormFieldName, tokens.RequestToken!), problem, context.RequestAborted), context.RequestAborted);
        }
        catch (TimeoutException)
        {
            page = BudgetsPage.Missing($"The ledger did not answer within {LongestRead.TotalSeconds} seconds.") with { Title = "Ledger away", Status = 503 };
        }
        catch (SpendLedgerException)
        {
            page = BudgetsPage.Missing("The ledger could not be read. The log has the reason.") with { Title = "Ledger away", Status = 503 };
        }

        // The antiforgery system adds this header itself, with another value.
        Secure(context.Response);
        await SendPageAsync(context, request, page);
    }

    private async Task SendTableAsync(HttpContext context, ConsoleRequest request)
    {
        ApiTable? table;
        try
        {
            table = await WithinAsync(async () => await ConsoleApi.ReadAsync(request.Path["api/".Length..], request, data, context.RequestAborted), context.RequestAborted);
        }
        catch (Exception exception) when (exception is SpendLedgerException or TimeoutException or ArgumentException or NotSupportedException)
        {
            // The exception of a ledger may name the server.
            (context.Response.StatusCode, string why) = exception switch
            {
                SpendLedgerException => (StatusCodes.Status503ServiceUnavailable, "The ledger could not be read. The log has the reason."),
                TimeoutException => (StatusCodes.Status503ServiceUnavailable, $"The ledger did not answer within {LongestRead.TotalSeconds} seconds."),
                NotSupportedException => (StatusCodes.Status501NotImplemented, exception.Message),
                _ => (StatusCodes.Status400BadRequest, exception.Message),
            };
            await WriteAsync(context, System.Text.Encoding.UTF8.GetBytes(why), "text/plain; charset=utf-8");
            return;
        }

        if (table is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else if (request.Get("format") == "csv")
        {
            await WriteAsync(context, table.ToCsv(), "text/csv; charset=utf-8");
        }
        else
        {
            await WriteAsync(context, table.ToJson(), "application/json");
        }
    }

    private static async Task SendAssetAsync(HttpContext context, string name)
    {
        if (ConsoleAssets.Find(name) is not { } file)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        await WriteAsync(context, file.Content, file.Type);
    }

    private async Task SendEventsAsync(HttpContext context, ConsoleRequest request)
    {
        string? version = context.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } last ? last : request.Get("version");
        ConsoleRequest page = request with { Query = request.Query.Where(pair => pair.Key is not ("view" or "version")).ToDictionary(StringComparer.Ordinal) };
        if (!LivePages.Contains(page.Path))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (_feeds.Join(page.Key, version, token => PageAsync(page, token)) is not { } joined)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        (PageFeed feed, ChannelReader<string> messages) = joined;
        CancellationToken gone = context.RequestAborted;
        context.Response.ContentType = "text/event-stream";
        try
        {
            await context.Response.WriteAsync(": open\n\n", gone);
            await context.Response.Body.FlushAsync(gone);
            long began = data.Time.GetTimestamp();
            while (data.Time.GetElapsedTime(began) < LongestStream)
            {
                Task<bool> more = messages.WaitToReadAsync(gone).AsTask();
                if (await Task.WhenAny(more, Task.Delay(KeepAlive, data.Time, gone)) != more)
                {
                    await context.Response.WriteAsync(": still here\n\n", gone);
                    await context.Response.Body.FlushAsync(gone);
                }
                else if (!await more)
                {
                    return;
                }

                while (messages.TryRead(out string? message))
                {
                    await context.Response.WriteAsync($"data: {message}\n\n", gone);
                }

                await context.Response.Body.FlushAsync(gone);
            }
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The browser closed the connection.
        }
        finally
        {
            _feeds.Leave(feed, messages);
        }
    }

    private async Task<ConsoleRequest> RequestOf(HttpContext context)
    {
        string rest = (context.GetRouteValue("rest") as string ?? "").Trim('/');
        string path = $"{context.Request.PathBase.Value}{context.Request.Path.Value}".TrimEnd('/');
        string below = path.EndsWith(rest, StringComparison.Ordinal) ? path[..^rest.Length].TrimEnd('/') : path;
        return new ConsoleRequest
        {
            Base = new PathString(below).ToUriComponent(),
            Path = rest,
            Query = context.Request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal),
            CanAct = options.ActionsPolicy is { } policy
                && (await context.RequestServices.GetRequiredService<IAuthorizationService>().AuthorizeAsync(context.User, context, policy)).Succeeded,
        };
    }

    private string UserOf(HttpContext context) => (options.UserName?.Invoke(context) ?? context.User.Identity?.Name) is { Length: > 0 } name ? name : "unknown user";

    /// <summary>Checks that a form was sent by a page of this host. Browsers that state neither header send none of them to any host.</summary>
    private static bool IsOfThisOrigin(HttpRequest request)
    {
        string site = request.Headers["Sec-Fetch-Site"].ToString();
        string origin = request.Headers[HeaderNames.Origin].ToString();
        return (site.Length == 0 || site == "same-origin")
            && (origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out Uri? from) && string.Equals(from.Authority, new Uri($"{from.Scheme}://{request.Host}").Authority, StringComparison.OrdinalIgnoreCase)));
    }

    private static async Task<bool> HasTokenAsync(HttpContext context)
    {
        try
        {
            return await context.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(context);
        }
        catch (AntiforgeryValidationException)
        {
            // The form cannot be read.
            return false;
        }
    }

    /// <summary>Returns a text for the log: what a user wrote cannot make a line of its own there.</summary>
    private static string Clean(string text) => AuditEntry.Clean(text, 600);

    private static void Secure(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.XFrameOptions = "DENY";

        // Not "no-referrer": with it, browsers send the origin of a form as "null".
        response.Headers["Referrer-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers.CacheControl = "no-store";
    }

    private static async Task WriteAsync(HttpContext context, byte[] content, string type)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = content.Length;
        await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }

    [LoggerMessage(EventId = 610, EventName = "BudgetChanged", Level = LogLevel.Information, Message = "The user '{User}' changed a budget in the console: {What} '{Budget}' key '{Key}' amount '{Amount}', because: {Reason}")]
    private partial void LogChange(string user, string what, string budget, string key, string amount, string reason);

    [LoggerMessage(EventId = 611, EventName = "ChangeRefused", Level = LogLevel.Warning, Message = "A change that the user '{User}' sent to the console was refused: {Why}")]
    private partial void LogRefusedChange(string user, string why);
}
