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
        foreach ((string name, SecretShape shape) in SecretShapes.All)
        {
            using var canary = new Canary(simulator, connections, provider, streaming, shape);
            string written = await canary.RunAsync();

            Assert.All(
                ["CallCompleted", "CallFailed", "AttemptFailed", "CallContent", "HttpExchanged", "HttpBodies", "activity: ", "metric: ", "call: ", "file: ", "status: ", "exception: "],
                expected => Assert.Contains(expected, written, StringComparison.Ordinal));
            Assert.Contains(SecretRedactor.Placeholder, written, StringComparison.Ordinal);
            Assert.True(canary.WasSent, $"{name} did not reach the provider: the test shows nothing");
            SecretShapes.AssertNoLongPiece(shape.Secret, written);
            SecretShapes.AssertNoLongPiece(Uri.EscapeDataString(shape.Secret), written);
        }
    }

    /// <summary>One secret's way through the pipeline.</summary>
    private sealed class Canary(ProviderSimulator simulator, HttpMessageHandler connections, SimulatedProvider provider, bool streaming, SecretShape shape) : IDisposable
    {
        private readonly Written _written = new();
        private readonly string _file = Path.Combine(Path.GetTempPath(), $"meaibudget-canary-{Guid.NewGuid():N}.db");

        public bool WasSent { get; private set; }

        /// <summary>A header or an address cannot hold every character; where it cannot hold the secret as it is, it holds it escaped.</summary>
        private string OneLine => shape.Secret.All(character => character is > ' ' and < (char)127) ? shape.Secret : Uri.EscapeDataString(shape.Secret);

        public async Task<string> RunAsync()
        {
            int before = simulator.Requests.Count;
            var ledger = SqliteSpendLedger.Open(_file);
            var tracker = new CostTracker(
                [Budget.Daily("day", 10m), Budget.Daily("tenant", 10m).PerTag("tenant"), Budget.Daily("seen", 0m) with { Enforcement = Enforcement.Observe }],
                PriceCatalog.Default.With("canary-model", ModelPrice.PerMillionTokens(1m, 2m)),
                ledger,
                options =>
                {
                    options.LoggerFactory = _written.Loggers;
                    options.Observers.Add(_written);
                    options.RecordedTags.Add("extra");
                });
            ResponseScript script = simulator.Script(provider);
            script.Enqueue(
                SimulatedResponse.Error(429, $"slow down, {shape.Text}", type: shape.Text, code: OneLine).WithHeader("x-request-id", OneLine).WithHeader("request-id", OneLine).WithHeader("Retry-After", "0"),
                SimulatedResponse.ToolCall("look", new { where = shape.Text }).WithModel(OneLine),
                SimulatedResponse.Text($"It is {shape.Text} indeed.").WithReasoning(shape.Text).WithHeader("x-extra", OneLine));
            using IChatClient client = Build(tracker, Client("canary-model"));
            AIFunction look = AIFunctionFactory.Create((string where) => "found " + where, "look", shape.Text);
            var options = new ChatOptions
            {
                Tools = [look],
                Instructions = shape.Text,
                StopSequences = [shape.Text],
                AdditionalProperties = new AdditionalPropertiesDictionary { ["extra"] = shape.Text, ["tenant"] = OneLine, ["other"] = shape.Secret },
            };

            using (BudgetRun run = BudgetRun.Begin("canary", 1m, tracker))
            {
                await client.AskAsync(streaming, shape.Text, options);
            }

            // A factory takes no address that holds a secret, and does not repeat it.
            var wrong = new UriBuilder(simulator.BaseUrl) { Password = Uri.EscapeDataString(shape.Secret), UserName = "admin" }.Uri;
            _written.Add("exception", Assert.Throws<ProviderConfigurationException>(() => Client("canary-model", wrong)).ToString());

            // Everything fails: by a rejection, in the middle, and by a connection that is not there.
            script.Enqueue(
                SimulatedResponse.Error(400, $"bad, {shape.Text}", type: shape.Text, code: OneLine),
                SimulatedResponse.Text($"one {shape.Text} two").ErrorAfter(1, shape.Text, shape.Text),
                SimulatedResponse.Error(500, shape.Text));
            for (int i = 0; i < 2; i++)
            {
                await FailAsync(Build(tracker, Client("canary-model")), options);
            }

            await FailAsync(Build(tracker, Client("canary-model"), Client("canary-model", simulator.ConnectionRefusedUrl)), options);
            await FailAsync(Build(tracker, Client(OneLine)), options);
            WasSent = simulator.Requests.Skip(before).Any(request =>
                request.Headers.Any(header => header.Value.Contains(OneLine, StringComparison.Ordinal))
                && request.Json.GetRawText().Contains("look", StringComparison.Ordinal));

            _written.Add("status", await StatusAsync(tracker));
            await ledger.DisposeAsync();
            _written.Add("file", await ReadFilesAsync());
            return _written.ToString();
        }

        public void Dispose()
        {
            _written.Dispose();
            foreach (string file in Directory.GetFiles(Path.GetDirectoryName(_file)!, Path.GetFileName(_file) + "*"))
            {
                File.Delete(file);
            }
        }

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
            options.ApiKey = OneLine;
            options.BaseUrl = address?.ToString() ?? options.BaseUrl;
            options.HttpMessageHandler = new Gateway(OneLine)
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

        /// <summary>What the status endpoint tells of the tracker and of the calls so far.</summary>
        private static async Task<string> StatusAsync(CostTracker tracker)
        {
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseTestServer();
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton(tracker);
            builder.Services.AddBudgetStatus();
            await using WebApplication app = builder.Build();
            app.MapBudgetStatus("/budgets", options => options.AllowAnonymous = true);
            await app.StartAsync();
            using HttpClient http = app.GetTestClient();
            http.DefaultRequestHeaders.Accept.ParseAdd("application/json");
            return await http.GetStringAsync("/budgets");
        }

        private async Task<string> ReadFilesAsync()
        {
            var text = new StringBuilder();
            foreach (string file in Directory.GetFiles(Path.GetDirectoryName(_file)!, Path.GetFileName(_file) + "*"))
            {
                text.Append(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)));
            }

            return text.ToString();
        }
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
