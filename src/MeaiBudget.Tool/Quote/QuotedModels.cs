namespace MeaiBudget.Tool;

/// <summary>The models for which a request is priced.</summary>
internal sealed class QuotedModels
{
    private readonly BudgetPlan? _plan;

    private QuotedModels(string? own, IReadOnlyList<string> models, BudgetPlan? plan)
    {
        Own = own;
        Models = models;
        _plan = plan;
    }

    /// <summary>The request's own model; null if it names none.</summary>
    public string? Own { get; }

    /// <summary>The models, the request's own first.</summary>
    public IReadOnlyList<string> Models { get; }

    /// <summary>Chooses the models: the request's, then those that were asked for, else the configuration's routes, else a default set.</summary>
    /// <param name="request">The request. A logical model of the configuration stands for its first route.</param>
    /// <param name="asked">The models that were asked for.</param>
    /// <param name="plan">The configuration; null for none.</param>
    public static QuotedModels Of(RawRequest request, IReadOnlyList<string> asked, BudgetPlan? plan)
    {
        // A body without a model (Gemini's is in the URL) belongs to the first model of --model.
        string? own = request.ModelId is { Length: > 0 } named ? ModelOf(named, plan) : asked.Count > 0 ? asked[0] : null;
        IEnumerable<string> others = asked.Count > 0 ? asked : plan is { Routes.Count: > 0 } ? plan.Routes.Select(route => route.Model) : ComparedModels.Default;
        return new QuotedModels(own, [.. (own is null ? [] : new[] { own }).Concat(others).Distinct(StringComparer.OrdinalIgnoreCase)], plan);
    }

    /// <summary>Returns the price that the configuration decides; null without one.</summary>
    public PriceResolution? PriceOf(string model) =>
        _plan?.Routes.FirstOrDefault(route => route.Model.Equals(model, StringComparison.OrdinalIgnoreCase))?.Price ?? _plan?.Catalog.Resolve(model);

    private static string ModelOf(string name, BudgetPlan? plan) =>
        plan?.FirstRoutes.TryGetValue(name, out PlannedRoute? route) == true ? route.Model : name;
}
