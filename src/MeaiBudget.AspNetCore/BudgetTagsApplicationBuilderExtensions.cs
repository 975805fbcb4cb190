using System.Diagnostics;
using MeaiBudget;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Sets the tags of the calls that a web request makes.</summary>
public static class BudgetTagsApplicationBuilderExtensions
{
    private const int LongestBaggage = 256;

    /// <summary>
    /// Sets tags for all calls that are made while a web request is handled, for example the tenant of the signed-in user. They override the
    /// tags in the options of a call, so what a request contains cannot replace them.
    /// </summary>
    /// <remarks>
    /// Place it after <c>UseAuthentication()</c>:
    /// <code>app.UseBudgetTags(context => [new("tenant", context.User.FindFirst("tenant")?.Value)]);</code>
    /// Without a value (<see langword="null"/>) the calls have no such tag, whatever their options say. Refuse them with
    /// <see cref="Budget.PerTag"/> and <c>required: true</c>.
    /// </remarks>
    /// <param name="app">The application.</param>
    /// <param name="tags">Returns the tags of a request. It runs once a request, before the endpoint.</param>
    /// <param name="baggage">
    /// Names of W3C baggage entries of the request that are recorded as tags too, at most 256 characters each. Whoever sends the request
    /// sets them, so no budget is partitioned by them. <see langword="null"/> for none, which is the default.
    /// </param>
    /// <returns>The application.</returns>
    public static IApplicationBuilder UseBudgetTags(
        this IApplicationBuilder app, Func<HttpContext, IEnumerable<KeyValuePair<string, string?>>> tags, IEnumerable<string>? baggage = null)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(tags);
        string[] allowed = [.. baggage ?? []];
        return app.Use(async (context, next) =>
        {
            using (BudgetRun.UseTags(tags(context) ?? [], allowed.Length == 0 ? null : BaggageOf(context, allowed)))
            {
                await next(context);
            }
        });
    }

    private static List<KeyValuePair<string, string>> BaggageOf(HttpContext context, string[] allowed)
    {
        IEnumerable<KeyValuePair<string, string?>> entries = Activity.Current?.Baggage is { } current && current.Any()
            ? current
            : DistributedContextPropagator.Current.ExtractBaggage(
                context.Request.Headers,
                static (object? carrier, string name, out string? value, out IEnumerable<string>? values) =>
                {
                    value = null;
                    values = ((IHeaderDictionary)carrier!)[name];
                }) ?? [];
        var found = new List<KeyValuePair<string, string>>();
        foreach ((string name, string? value) in entries)
        {
            if (value is { Length: > 0 and <= LongestBaggage } && allowed.Contains(name, StringComparer.Ordinal) && !found.Exists(known => known.Key == name))
            {
                found.Add(new(name, value));
            }
        }

        return found;
    }
}
