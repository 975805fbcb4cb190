using System.Text;
using MeaiBudget.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeaiBudget.Tests;

/// <summary>
/// Every shape of secret in every place of a call on the real SDKs, every option switched on, and looked for in everything that is
/// written: log records, activities, metrics, events, receipts, budget events, exceptions, the ledger's file, the status page.
/// </summary>
public sealed class CanaryTests
{
    public static TheoryData<SimulatedProvider, bool> ProvidersAndModes => RealPipeline.ProvidersAndModes;

    [Theory, MemberData(nameof(ProvidersAndModes))]
    public async Task I1_I5_NoSecretReachesAnythingThatIsWritten(SimulatedProvider provider, bool streaming)
    {
        await using ProviderSimulator simulator = await ProviderSimulator.StartAsync();
        using HttpMessageHandler connections = ProviderSimulator.CreateHttpHandler();
        using var files = new LedgerFiles();
        var ledger = SqliteSpendLedger.Open(files.Path);
        string[] everywhere = ["CallCompleted", "CallFailed", "AttemptFailed", "CallContent", "HttpExchanged", "HttpBodies", "activity: ", "metric: ", "call: ", "exception: "];

        // In a long run every shape at every provider, half of them streamed; otherwise every shape once. What we write ourselves is tried
        // for each shape both ways without the SDKs.
        int turn = ((int)provider * 2) + (streaming ? 1 : 0);
        int turns = Generated >= 300 ? 2 : ProvidersAndModes.Count;
        foreach ((string name, SecretShape shape) in SecretShapes.All.Where((_, index) => (index + turn) % turns == 0))
        {
            using var canary = new Canary(simulator, connections, ledger, provider, streaming, shape);
            string written = await canary.RunAsync();

            Assert.All(everywhere, expected => Assert.Contains(expected, written, StringComparison.Ordinal));
            Assert.Contains(SecretRedactor.Placeholder, written, StringComparison.Ordinal);
            Assert.True(canary.WasSent, $"{name} did not reach the provider: the test shows nothing");
            SecretShapes.AssertNoLongPiece(shape.Secret, written);
            SecretShapes.AssertNoLongPiece(canary.Bare, written);
        }

        // And many more, of families: the long run tries hundreds, these tests a few of each.
        List<SecretShape> generated = [];
        foreach ((string name, SecretShape shape) in SecretShapes.Generated(Generated / ProvidersAndModes.Count, (int)provider * 2 + (streaming ? 1 : 0)))
        {
            generated.Add(shape);
            using var canary = new Canary(simulator, connections, ledger, provider, streaming, shape);
            string written = await canary.RunAsync();
            Assert.True(canary.WasSent, $"{name} did not reach the provider: the test shows nothing");
            SecretShapes.AssertNoLongPiece(shape.Secret, written);
            SecretShapes.AssertNoLongPiece(canary.Bare, written);
        }

        string status = await StatusAsync(ledger);
        await ledger.DisposeAsync();
        string rows = await files.ReadAsync();
        Assert.Contains("\"tenant\"", status, StringComparison.Ordinal);
        Assert.Contains("canary-model", rows, StringComparison.Ordinal);
        Assert.All(SecretShapes.All.Values, shape => SecretShapes.AssertNoLongPiece(shape.Secret, status));
        Assert.All(SecretShapes.All.Values.Concat(generated), shape => SecretShapes.AssertNoLongPiece(shape.Secret, rows));
        Assert.All(generated, shape => SecretShapes.AssertNoLongPiece(shape.Secret, status));
    }

    /// <summary>The number of generated secrets over all providers and modes.</summary>
    private static int Generated { get; } = int.TryParse(Environment.GetEnvironmentVariable("MEAIBUDGET_CANARIES"), out int count) ? count : 16;

    private static CostTracker Tracker(ISpendLedger ledger, Action<CostTrackerOptions>? configure = null) => new(
        [Budget.Daily("day", 10m), Budget.Daily("tenant", 10m).PerTag("tenant"), Budget.Daily("seen", 0m) with { Enforcement = Enforcement.Observe }],
        PriceCatalog.Default.With("canary-model", ModelPrice.PerMillionTokens(1m, 2m)),
        ledger,
        configure);

    /// <summary>What the status endpoint tells of everything that was spent.</summary>
    private static async Task<string> StatusAsync(ISpendLedger ledger)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(Tracker(ledger));
        builder.Services.AddBudgetStatus();
        await using WebApplication app = builder.Build();
        app.MapBudgetStatus("/budgets", options => options.AllowAnonymous = true);
        await app.StartAsync();
        using HttpClient http = app.GetTestClient();
        http.DefaultRequestHeaders.Accept.ParseAdd("application/json");
        return await http.GetStringAsync("/budgets");
    }

    /// <summary>One secret's way through the pipeline.</summary>
    private sealed class Canary(ProviderSimulator simulator, HttpMessageHandler connections, ISpendLedger ledger, SimulatedProvider provider, bool streaming, SecretShape shape) : IDisposable
    {
        private readonly Written _written = new();

        public bool WasSent { get; private set; }

        /// <summary>A key, a name or a header holds a secret alone; one that is known only by what surrounds it stands in texts, and another for it there.</summary>
        public string Bare { get; } = shape.Before.Length == 0 ? shape.Secret : SecretShapes.All["openai project"].Secret;

        public async Task<string> RunAsync()
        {
            int before = simulator.Requests.Count;
            CostTracker tracker = Tracker(ledger, options =>
            {
                options.LoggerFactory = _written.Loggers;
                options.Observers.Add(_written);
                options.RecordedTags.Add("extra");
            });
            ResponseScript script = simulator.Script(provider);
            script.Enqueue(
                SimulatedResponse.Error(429, $"slow down, {shape.Text}", type: shape.Text, code: Bare).WithHeader("x-request-id", Bare).WithHeader("request-id", Bare).WithHeader("Retry-After", "0"),
                SimulatedResponse.ToolCall("look", new { where = shape.Text }).WithModel(Bare),
                SimulatedResponse.Text($"It is {shape.Text} indeed.").WithReasoning(shape.Text).WithHeader("x-extra", Bare));
            using IChatClient client = Build(tracker, Client("canary-model"));
            AIFunction look = AIFunctionFactory.Create((string where) => "found " + where, "look", shape.Text);
            var options = new ChatOptions
            {
                Tools = [look],
                Instructions = shape.Text,
                StopSequences = [shape.Text],
                AdditionalProperties = new AdditionalPropertiesDictionary { ["extra"] = shape.Text, ["tenant"] = Bare, ["other"] = shape.Secret },
            };

            using (var run = BudgetRun.Begin("canary " + shape.Text, 1m, tracker))
            {
                await client.AskAsync(streaming, shape.Text, options);
            }

            await tracker.GrantAsync("tenant", Bare, 1m, TimeProvider.System.GetUtcNow().AddHours(1), "because " + shape.Text, cancellationToken: TestContext.Current.CancellationToken);

            // A factory takes no address that holds a secret, and does not repeat it.
            Uri wrong = new UriBuilder(simulator.BaseUrl) { Password = Uri.EscapeDataString(shape.Secret), UserName = "admin" }.Uri;
            _written.Add("exception", Assert.Throws<ProviderConfigurationException>(() => Client("canary-model", wrong)).ToString());

            // Everything fails: by a rejection, in the middle, and by a connection that is not there.
            script.Enqueue(
                SimulatedResponse.Error(400, $"bad, {shape.Text}", type: shape.Text, code: Bare),
                SimulatedResponse.Text($"one {shape.Text} two").ErrorAfter(1, shape.Text, shape.Text),
                SimulatedResponse.Error(500, shape.Text));
            for (int i = 0; i < 2; i++)
            {
                await FailAsync(Build(tracker, Client("canary-model")), options);
            }

            await FailAsync(Build(tracker, Client("canary-model"), Client("canary-model", simulator.ConnectionRefusedUrl)), options);
            await FailAsync(Build(tracker, Client(Bare)), options);
            WasSent = simulator.Requests.Skip(before).Any(request =>
                request.Headers.Any(header => header.Value.Contains(Bare, StringComparison.Ordinal))
                && request.Json.GetRawText().Contains("look", StringComparison.Ordinal));

            return _written.ToString();
        }

        public void Dispose() => _written.Dispose();

        private async Task FailAsync(IChatClient client, ChatOptions options)
        {
            using (client)
            {
                Exception? exception = await Record.ExceptionAsync(() => client.AskAsync(streaming, shape.Text, options));
                for (Exception? one = exception; one is not null; one = one.InnerException)
                {
                    // What an SDK throws is the SDK's word, and the app's to keep; ours say nothing of it.
                    if (one.GetType().Assembly == typeof(CostTracker).Assembly)
                    {
                        _written.Add("exception", one.Message);
                        _written.Add("exception", one.ToString());
                    }
                }

                _written.Add("exception", exception?.GetType().FullName ?? "none");
            }
        }

        private IChatClient Client(string model, Uri? address = null) => RealClients.Create(simulator, provider, model, options =>
        {
            options.ApiKey = Bare;
            options.BaseUrl = address?.ToString() ?? options.BaseUrl;
            options.HttpMessageHandler = new Gateway(Bare)
            {
                InnerHandler = new RedactedHttpLoggingHandler(
                    _written.Loggers.CreateLogger<RedactedHttpLoggingHandler>(),
                    new RedactedHttpLoggingOptions { Bodies = LoggedContent.Redacted, MaxBodyLength = 64 * 1024, Headers = { "x-planted", "x-extra", "Authorization", "x-api-key" } })
                {
                    InnerHandler = new Kept(connections),
                },
            };
        });

        private IChatClient Build(CostTracker tracker, IChatClient primary, params IChatClient[] alternates) => new ChatClientBuilder(primary)
            .UseFunctionInvocation()
            .UseRedactedLogging(configure: logging => (logging.Content, logging.AddCostToActivity, logging.MaxContentLength) = (LoggedContent.Redacted, true, 64 * 1024))
            .UseTokenEstimation()
            .UseBudget(tracker)
            .UseRetry(configure: retry => (retry.BaseDelay, retry.MaxDelay, retry.RetryBudget) = (TimeSpan.Zero, TimeSpan.Zero, new RetryBudget(1, 1000)))
            .UseFallback(alternates)
            .Build(_written.Services);
    }

    /// <summary>A ledger's file, and those that SQLite keeps beside it.</summary>
    private sealed class LedgerFiles : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("meaibudget-canary");

        public string Path => System.IO.Path.Combine(_folder.FullName, "spend.db");

        public async Task<string> ReadAsync()
        {
            var text = new StringBuilder();
            foreach (FileInfo file in _folder.GetFiles())
            {
                text.Append(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file.FullName)));
            }

            return text.ToString();
        }

        public void Dispose() => _folder.Delete(recursive: true);
    }

    /// <summary>Puts the secret into a request's address and headers, as a gateway wants it.</summary>
    private sealed class Gateway(string secret) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.TryAddWithoutValidation("x-planted", "Bearer " + secret);
            request.RequestUri = new UriBuilder(request.RequestUri!) { UserName = "admin", Password = Uri.EscapeDataString(secret), Query = "key=" + Uri.EscapeDataString(secret) }.Uri;
            return base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>Connections that outlive the client.</summary>
    private sealed class Kept(HttpMessageHandler connections) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _connections = new(connections, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _connections.SendAsync(request, cancellationToken);
    }
}
