using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Sends a request to the next route if a route fails or a budget refuses it. Thread-safe.</summary>
/// <remarks>
/// The inner client is the primary route. Layers above this client apply to every route, layers below it only to the primary. A
/// stream can continue on another route only before its first content. Each route is tried once per pass.
/// </remarks>
public sealed class FallbackChatClient : CallLayerChatClient, IAlternateClients
{
    private readonly Candidate[] _candidates;
    private readonly ChatRoute[] _routes;
    private readonly IFallbackPolicy _policy;

    // The order for a single candidate, and for the default policy, which only depends on the routes; null for policies of the application.
    private readonly Candidate[]? _plan;

    // True if every request goes to the primary first, unless it continues a conversation or requires tags.
    private readonly bool _beginsAtPrimary;

    /// <summary>Creates the client.</summary>
    /// <param name="innerClient">The client of the primary route.</param>
    /// <param name="alternates">The other routes. Without any, every request goes to the primary.</param>
    /// <param name="options">The options; copied.</param>
    /// <exception cref="PipelineException">The order of the layers in the pipeline is not supported.</exception>
    /// <exception cref="ArgumentException">Two routes have the same name, or a route is <see langword="null"/>.</exception>
    public FallbackChatClient(IChatClient innerClient, IEnumerable<ChatRoute>? alternates = null, FallbackOptions? options = null)
        : this(innerClient, alternates, options, null)
    {
    }

    internal FallbackChatClient(IChatClient innerClient, IEnumerable<ChatRoute>? alternates, FallbackOptions? options, CallLayerSetup? setup)
        : base(innerClient, setup)
    {
        options ??= new FallbackOptions();
        ChatRoute primary = options.Primary ?? new ChatRoute(options.PrimaryName ?? AttemptRoute.NameOf(innerClient), innerClient)
        {
            ModelClass = options.PrimaryModelClass,
            ContextWindow = options.PrimaryContextWindow,
            Tags = [.. options.PrimaryTags],
            ModelMap = options.PrimaryModelMap,
            Circuit = options.PrimaryCircuit,
        };
        _routes = [primary, .. alternates ?? []];
        if (Array.IndexOf(_routes, null) >= 0)
        {
            throw new ArgumentException("A route is null. Remove it from the alternates.", nameof(alternates));
        }

        if (_routes.GroupBy(route => route.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"Two routes have the name '{twice.Key}'. Give each ChatRoute a unique name.", nameof(alternates));
        }

        _candidates = [.. _routes.Select((route, index) => new Candidate(route, index == 0 ? innerClient : route.Client, index == 0))];
        _policy = options.Policy ?? new FallbackPolicy();
        _plan = _candidates.Length == 1 ? _candidates : _policy is FallbackPolicy ? Plan([], null) : null;
        _beginsAtPrimary = _plan is [{ IsPrimary: true }, ..] && IsOpen(primary);
        PipelineRules.CheckFallback(innerClient, Next);
        PipelineRules.CheckAlternates(Next, _routes.Skip(1).Select(route => (route.Name, route.IsLocal, route.Client)), options.AllowUnbudgetedAlternates);
        PipelineRules.WarnOfSmallerWindows(
            [.. _candidates.Select(candidate => new PipelineRules.WindowedRoute(candidate.Route.Name, candidate.Client, candidate.Route.ModelId, candidate.Route.ContextWindow))],
            Setup.Logger);

        // Routes with their own layers were checked when those layers were created.
        PipelineRules.WarnOfSdkRetries(
            _candidates.Skip(1).Where(candidate => candidate.Next is null).Select(candidate => (candidate.Route.Name, candidate.Client)), Setup.Logger);
    }

    /// <summary>Gets all routes, the primary first.</summary>
    public IReadOnlyList<ChatRoute> Routes => _routes;

    IEnumerable<IChatClient> IAlternateClients.Alternates => _routes.Skip(1).Select(route => route.Client);

    internal override ValueTask<ChatResponse> InvokeAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) =>
        IsOpenTo(options)
            ? PassOnAsync(
                frame.With(_candidates[0].Contribution), InnerClient, Next, _candidates[0].IsAdjacent, messages,
                FittedRequest.Options(options, _candidates[0].Route, isPrimary: true), cancellationToken)
            : InvokePassAsync(frame, messages, options, cancellationToken);

    internal override IAsyncEnumerable<ChatResponseUpdate> InvokeStreamingAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) =>
        IsOpenTo(options)
            ? PassOnStreamingAsync(
                frame.With(_candidates[0].Contribution), InnerClient, Next, _candidates[0].IsAdjacent, messages,
                FittedRequest.Options(options, _candidates[0].Route, isPrimary: true), cancellationToken)
            : InvokePassStreamingAsync(frame, messages, options, cancellationToken);

    /// <summary>True if there is only the primary and it accepts every request, so that no route has to be chosen.</summary>
    private bool IsOpenTo(ChatOptions? options) =>
        _candidates.Length == 1
        && IsOpen(_routes[0])
        && options is not CallChatOptions { RequiredTags.Count: > 0 };

    private static bool IsOpen(ChatRoute route) => route is { ContextWindow: null, Capabilities: ChatCapabilities.All };

    private async ValueTask<ChatResponse> InvokePassAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        FallbackPass? pass = null;
        if (_beginsAtPrimary && string.IsNullOrEmpty(options?.ConversationId) && options is not CallChatOptions { RequiredTags.Count: > 0 })
        {
            // Nothing speaks against the primary, and most calls end with it: a pass is made if it fails.
            Candidate primary = _candidates[0];
            try
            {
                return await PassOnAsync(
                    frame.With(primary.Contribution), primary.Client, primary.Next, primary.IsAdjacent,
                    messages, FittedRequest.Options(options, primary.Route, isPrimary: true), cancellationToken);
            }
            catch (Exception exception) when ((pass = Pass(frame, messages, options, cancellationToken)).MovesOnAfterFirst(primary, exception))
            {
                // Try the next candidate.
            }
        }

        pass ??= Pass(frame, messages, options, cancellationToken);
        while (await pass.NextAsync() is { } candidate)
        {
            try
            {
                ChatResponse response = await PassOnAsync(
                    pass.FrameFor(candidate), candidate.Client, candidate.Next, candidate.IsAdjacent,
                    pass.MessagesFor(candidate), pass.OptionsFor(candidate), cancellationToken);
                pass.AnsweredBy(candidate);
                return response;
            }
            catch (Exception exception) when (pass.MovesOnAfter(candidate, exception))
            {
                // Try the next candidate.
            }
        }

        ExceptionDispatchInfo.Throw(pass.Exhausted());
        return null!;
    }

    private FallbackStream InvokePassStreamingAsync(
        CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) =>
        new(
            () => Pass(frame, messages, options, cancellationToken),
            (pass, candidate) => PassOnStreamingAsync(
                pass.FrameFor(candidate), candidate.Client, candidate.Next, candidate.IsAdjacent,
                pass.MessagesFor(candidate), pass.OptionsFor(candidate), cancellationToken).GetAsyncEnumerator(cancellationToken));

    private FallbackPass Pass(CallFrame frame, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) =>
        new(frame, _policy, _routes[0], _plan ?? Plan(messages, options), _candidates, messages, options, cancellationToken);

    private protected override CallPath Contribute(CallPath path, ISpendGate? run) => path;

    private Candidate[] Plan(IReadOnlyList<ChatMessage> messages, ChatOptions? options) =>
        [.. _policy.Order(_routes, messages, options).Distinct()
            .Select(route => Array.Find(_candidates, candidate => ReferenceEquals(candidate.Route, route)))
            .OfType<Candidate>()];

    /// <summary>A route and the client through which it is called.</summary>
    internal sealed class Candidate(ChatRoute route, IChatClient client, bool isPrimary)
    {
        public ChatRoute Route { get; } = route;

        public IChatClient Client { get; } = client;

        public bool IsPrimary { get; } = isPrimary;

        public PathContribution Contribution { get; } = new((path, _) => path.WithRoute(route.Attempts));

        public CallLayerChatClient? Next { get; } = client.GetService<CallLayerChatClient>();

        public bool IsAdjacent => ReferenceEquals(Next, Client);
    }
}
