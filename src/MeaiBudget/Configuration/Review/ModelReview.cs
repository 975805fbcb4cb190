namespace MeaiBudget;

/// <summary>Checks routes, classes and logical models: every name must exist, and fallbacks must not form a cycle.</summary>
internal static class ModelReview
{
    public static void Check(ConfigurationReview review)
    {
        foreach ((string name, RouteSettings route) in review.Options.Routes)
        {
            CheckRoute(review, name, route);
        }

        CheckClasses(review);
        foreach ((string name, ModelSettings model) in review.Options.Models)
        {
            CheckModel(review, name, model);
        }

        CheckCycles(review);
        CheckDefault(review);
    }

    private static void CheckRoute(ConfigurationReview review, string name, RouteSettings route)
    {
        if (string.IsNullOrWhiteSpace(route.Provider))
        {
            review.Report($"Routes:{name}:Provider", $"no provider is set. Write the name of a provider.{NearestName.Suggest("", review.Options.Providers.Keys)}");
        }
        else if (!review.Options.Providers.ContainsKey(route.Provider))
        {
            review.Report($"Routes:{name}:Provider", $"there is no provider '{route.Provider}'.{NearestName.Suggest(route.Provider, review.Options.Providers.Keys)}");
        }

        if (string.IsNullOrWhiteSpace(route.Model))
        {
            review.Report($"Routes:{name}:Model", "no model is set. Write the provider's model id, for example \"gpt-4.1-mini\".");
        }
    }

    private static void CheckClasses(ConfigurationReview review)
    {
        var classOf = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, IList<string> members) in review.Options.Classes)
        {
            if (members.Count == 0)
            {
                review.Report($"Classes:{name}", "the class has no routes. Add at least one, or remove the class.");
            }

            for (int i = 0; i < members.Count; i++)
            {
                string path = $"Classes:{name}:{i}";
                if (!review.Options.Routes.ContainsKey(members[i]))
                {
                    review.Report(path, $"there is no route '{members[i]}'.{NearestName.Suggest(members[i], review.Options.Routes.Keys)}");
                }
                else if (!classOf.TryAdd(members[i], name))
                {
                    review.Report(path, classOf[members[i]].Equals(name, StringComparison.OrdinalIgnoreCase)
                        ? $"the route '{members[i]}' is listed twice in this class. Remove one entry."
                        : $"the route '{members[i]}' is already in class '{classOf[members[i]]}'. A route can be in one class only: remove it from one of them.");
                }
            }
        }
    }

    private static void CheckModel(ConfigurationReview review, string name, ModelSettings model)
    {
        if (model.Route is null == model.Class is null)
        {
            review.Report($"Models:{name}", model.Route is null
                ? "the model has no route. Write \"Route\" with the name of a route, or \"Class\" with the name of a class."
                : "the model has both a Route and a Class. Remove one. With a Class, the first route of the class is tried first.");
        }

        if (model.Route is { } route && !review.Options.Routes.ContainsKey(route))
        {
            review.Report($"Models:{name}:Route", $"there is no route '{route}'.{NearestName.Suggest(route, review.Options.Routes.Keys)}");
        }

        if (model.Class is { } @class && !review.Options.Classes.ContainsKey(@class))
        {
            review.Report($"Models:{name}:Class", $"there is no class '{@class}'.{NearestName.Suggest(@class, review.Options.Classes.Keys)}");
        }

        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (model.Route is not null)
        {
            seen.Add(model.Route);
        }

        for (int i = 0; i < (model.Fallback?.Count ?? 0); i++)
        {
            CheckFallback(review, $"Models:{name}:Fallback:{i}", model.Fallback![i], seen);
        }
    }

    private static void CheckFallback(ConfigurationReview review, string path, string name, HashSet<string> seen)
    {
        bool isRoute = review.Options.Routes.ContainsKey(name);
        bool isModel = review.Options.Models.ContainsKey(name);
        if (!isRoute && !isModel)
        {
            review.Report(path, $"there is neither a route nor a model '{name}'.{NearestName.Suggest(name, review.Options.Routes.Keys.Concat(review.Options.Models.Keys))}");
        }
        else if (isRoute && isModel)
        {
            review.Report(path, $"'{name}' is the name of a route and of a model. Rename one of them.");
        }
        else if (!seen.Add(name))
        {
            review.Report(path, $"'{name}' is already tried before. Remove this entry.");
        }
    }

    private static void CheckCycles(ConfigurationReview review)
    {
        var done = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (string model in review.Options.Models.Keys)
        {
            Follow(review, model, [], done);
        }
    }

    private static void Follow(ConfigurationReview review, string model, List<string> path, HashSet<string> done)
    {
        int start = path.FindIndex(name => name.Equals(model, StringComparison.OrdinalIgnoreCase));
        if (start >= 0)
        {
            string[] cycle = [.. path[start..], model];
            review.Report($"Models:{path[^1]}:Fallback", $"the fallbacks form a cycle: {string.Join(" -> ", cycle)}. Remove '{model}' here.");
            return;
        }

        if (!done.Add(model) || !review.Options.Models.TryGetValue(model, out ModelSettings? settings))
        {
            return;
        }

        path.Add(model);
        foreach (string next in (settings.Fallback ?? []).Where(name => !review.Options.Routes.ContainsKey(name)))
        {
            Follow(review, next, path, done);
        }

        path.RemoveAt(path.Count - 1);
    }

    private static void CheckDefault(ConfigurationReview review)
    {
        ICollection<string> models = review.Options.Models.Keys;
        if (review.Options.DefaultModel is { } name)
        {
            if (!review.Options.Models.ContainsKey(name))
            {
                review.Report("DefaultModel", models.Count == 0
                    ? $"there is no model '{name}'. Add it: \"Models\": {{ \"{name}\": {{ \"Route\": \"...\" }} }}."
                    : $"there is no model '{name}'.{NearestName.Suggest(name, models)}");
            }
        }
        else if (models.Count > 1)
        {
            review.Report("DefaultModel", $"there are several models, but no default model is set. Write one of {string.Join(", ", models.Select(one => $"\"{one}\""))}.");
        }
        else if (models.Count == 0 && review.Options.Routes.Count > 0)
        {
            review.Report("Models", $"there are routes, but no models. Add one: \"Models\": {{ \"default\": {{ \"Route\": \"{review.Options.Routes.Keys.First()}\" }} }}.");
        }
    }
}
