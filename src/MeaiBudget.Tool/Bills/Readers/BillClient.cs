using System.Globalization;
using System.Net;
using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Fetches bills from the interfaces of OpenAI and Anthropic for administrators, page by page, and waits where they ask for it.</summary>
internal sealed class BillClient : IDisposable
{
    private const int MostTries = 6;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(100) };
    private readonly TimeProvider _clock;
    private readonly bool _isOpenAI;
    private readonly string _endpoint;

    /// <exception cref="ArgumentException">The provider is unknown, the endpoint is no URL, or there is no key.</exception>
    public BillClient(string provider, string? endpoint, TimeProvider clock)
    {
        _clock = clock;
        _isOpenAI = provider.Equals("openai", StringComparison.OrdinalIgnoreCase);
        if (!_isOpenAI && !provider.Equals("anthropic", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"--fetch: '{provider}' is unknown. Use openai or anthropic; export the bills of other providers to a file.");
        }

        _endpoint = (endpoint ?? (_isOpenAI ? "https://api.openai.com/v1" : "https://api.anthropic.com/v1")).TrimEnd('/');
        if (!Uri.TryCreate(_endpoint, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException($"--endpoint: '{endpoint}' is not a URL such as https://api.openai.com/v1.");
        }

        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0)
        {
            throw new ArgumentException("--endpoint: the URL has a user, a password or a query. Name the URL without them; the key comes from the environment.");
        }

        string variable = _isOpenAI ? "OPENAI_ADMIN_KEY" : "ANTHROPIC_ADMIN_KEY";
        string key = Environment.GetEnvironmentVariable(variable)?.Trim() is { Length: > 0 } value
            ? value
            : throw new ArgumentException($"--fetch: the environment variable {variable} is not set. Set it to an admin key of the organization.");
        if (!key.All(letter => letter is > ' ' and <= '~'))
        {
            throw new ArgumentException($"--fetch: the environment variable {variable} has a character that no key has, such as a space or a line break.");
        }
        if (_isOpenAI)
        {
            _http.DefaultRequestHeaders.Add("Authorization", $"Bearer {key}");
        }
        else
        {
            _http.DefaultRequestHeaders.Add("x-api-key", key);
            _http.DefaultRequestHeaders.Add("anthropic-version", "2023-06-01");
        }
    }

    /// <summary>Reads the usage and the costs of a time.</summary>
    /// <exception cref="InvalidDataException">The provider refuses or cannot be reached, or an answer cannot be read.</exception>
    public async Task ReadAsync(DateTimeOffset from, DateTimeOffset to, BillSums sums, BillItems items, CancellationToken cancellationToken)
    {
        string[] paths = _isOpenAI
            ?
            [
                $"organization/usage/completions?start_time={from.ToUnixTimeSeconds()}&end_time={to.ToUnixTimeSeconds()}&bucket_width=1d&limit=31&group_by[]=model&group_by[]=project_id&group_by[]=api_key_id",
                $"organization/costs?start_time={from.ToUnixTimeSeconds()}&end_time={to.ToUnixTimeSeconds()}&bucket_width=1d&limit=180&group_by[]=line_item&group_by[]=project_id&group_by[]=api_key_id",
            ]
            :
            [
                $"organizations/usage_report/messages?starting_at={Time(from)}&ending_at={Time(to)}&bucket_width=1d&limit=31&group_by[]=model&group_by[]=workspace_id&group_by[]=service_tier",
                $"organizations/cost_report?starting_at={Time(from)}&ending_at={Time(to)}&bucket_width=1d&limit=31&group_by[]=workspace_id&group_by[]=description",
            ];
        foreach (string path in paths)
        {
            string? page = null;
            var pages = new HashSet<string>(StringComparer.Ordinal);
            var contents = new HashSet<string>(StringComparer.Ordinal);

            // A page has one day at least, but for an empty one at the end.
            int most = (int)Math.Ceiling((to - from).TotalDays) + 1;
            do
            {
                string url = $"{_endpoint}/{path}{(page is null ? "" : $"&page={Uri.EscapeDataString(page)}")}";
                var place = new BillPlace(url, 0);
                using JsonDocument answer = await GetAsync(url, place, cancellationToken);
                long lines = sums.Lines;
                JsonBill.Read(answer.RootElement, sums, items, place);
                if (sums.Lines > lines && !contents.Add(answer.RootElement.MemberOf("data")?.GetRawText() ?? ""))
                {
                    throw place.Fault("the page has the same lines as an earlier one, so they would count twice. Fetch the bill again.");
                }

                bool hasMore = answer.RootElement.TextOf("has_more").Equals("true", StringComparison.OrdinalIgnoreCase);
                page = hasMore ? answer.RootElement.TextOf("next_page") : null;
                if (page is not null && (page.Length == 0 || !pages.Add(page)))
                {
                    throw place.Fault("the answer says that there are more pages (has_more), and names none, or one that was read before.");
                }

                if (pages.Count >= most)
                {
                    throw place.Fault($"the provider names more pages than the time has days ({most - 1}), so it repeats them.");
                }
            }
            while (page is not null);
        }
    }

    public void Dispose() => _http.Dispose();

    private static string Time(DateTimeOffset time) => Uri.EscapeDataString(time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));

    private async Task<JsonDocument> GetAsync(string url, BillPlace place, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            using HttpResponseMessage answer = await SendAsync(url, place, cancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                return await ReadAsync(answer, place, cancellationToken);
            }

            bool isBusy = answer.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout || (int)answer.StatusCode == 529;
            if (!isBusy || attempt == MostTries)
            {
                throw place.Fault(answer.StatusCode switch
                {
                    HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => "the key may not read the organization's usage and costs. It must be an admin key.",
                    HttpStatusCode.NotFound => "the provider has no such page. Check --endpoint, which ends with the version, such as /v1.",
                    _ => $"the provider answered {(int)answer.StatusCode} {answer.ReasonPhrase}{(isBusy ? $", and was asked {attempt} times" : "")}.",
                });
            }

            TimeSpan wait = answer.Headers.RetryAfter switch
            {
                { Delta: { } delta } => delta,
                { Date: { } date } => date - _clock.GetUtcNow(),
                _ => TimeSpan.FromSeconds(Math.Pow(2, attempt)),
            };
            await Task.Delay(wait < TimeSpan.Zero ? TimeSpan.Zero : wait > LongestWait ? LongestWait : wait, _clock, cancellationToken);
        }
    }

    private async Task<JsonDocument> ReadAsync(HttpResponseMessage answer, BillPlace place, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(_http.Timeout);
        try
        {
            await using Stream content = await answer.Content.ReadAsStreamAsync(timeout.Token);
            return await JsonDocument.ParseAsync(content, cancellationToken: timeout.Token);
        }
        catch (Exception exception) when (exception is JsonException or IOException or HttpRequestException)
        {
            throw place.Fault("the answer is not JSON, or was cut off.", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw place.Fault($"the provider did not answer within {_http.Timeout.TotalSeconds:0} seconds.", exception);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string url, BillPlace place, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            throw place.Fault($"the provider cannot be reached: {exception.Message}", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw place.Fault($"the provider did not answer within {_http.Timeout.TotalSeconds:0} seconds.", exception);
        }
    }
}
