using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace MeaiBudget.Analyzers;

/// <summary>Follows each client that code makes to where it is used, and reports those that are used or registered without a budget.</summary>
internal sealed class BudgetRule(TypeScope scope, PipelineReader pipelines, SpendingRules spending)
{
    private const string Used = "used";
    private const string Registered = "registered";

    // Methods of LINQ that give elements of a collection as they are.
    private static readonly HashSet<string> Passing =
        ["First", "FirstOrDefault", "Last", "LastOrDefault", "Single", "SingleOrDefault", "ElementAt", "ElementAtOrDefault", "Where", "Take", "Skip", "Reverse", "Append", "Concat", "AsEnumerable", "ToArray", "ToList"];

    private readonly HandwrittenRequests _requests = new(scope);

    public void Check(Func<SyntaxTree, bool> isRequired, Action<Diagnostic> report)
    {
        foreach (IOperation operation in scope.Operations)
        {
            if (Find(operation) is not ({ } provider, { } use) || !isRequired(operation.Syntax.SyntaxTree))
            {
                continue;
            }

            Location location = operation is IInvocationOperation call ? OrderRules.LocationOf(call) : operation.Syntax.GetLocation();
            report(Diagnostic.Create(Rules.ClientWithoutBudget, location, [use.Place.Syntax.GetLocation()], provider, use.How));
        }
    }

    private (string? Provider, Use? Use) Find(IOperation operation)
    {
        if (ClientSource.ProviderOf(operation, scope.Types) is { } provider)
        {
            return (provider, Follow(operation, new Visited(), depth: 0));
        }

        if (operation is IInvocationOperation call && ClientSource.RegisteredBy(call, scope.Types) is { } registered)
        {
            return (registered, scope.Types.IsBuilder(call.Type) ? UseOf(call, Registered) : new Use(call, Registered));
        }

        return _requests.ProviderOf(operation) is { } host && !ChargesByItself ? (host, new Use(operation, Used)) : default;
    }

    /// <summary>True if the type charges budgets for calls that it makes itself.</summary>
    private bool ChargesByItself => scope.Operations.Any(static operation =>
        operation is IInvocationOperation { TargetMethod: { Name: "SpendAsync" or "ReserveAsync" } method } && ClientSource.IsOfLibrary(method.ContainingType));

    /// <summary>Finds a use without a budget of the value of an expression; null if there is none that is seen.</summary>
    private Use? Follow(IOperation value, Visited seen, int depth)
    {
        if (depth > 32)
        {
            return null;
        }

        switch (value.Parent)
        {
            case IConversionOperation or IParenthesizedOperation or ICoalesceOperation or IAwaitOperation or IDelegateCreationOperation
                or IArrayInitializerOperation or IArrayCreationOperation or ICollectionExpressionOperation:
                return Follow(value.Parent, seen, depth + 1);
            case IArrayElementReferenceOperation element when ReferenceEquals(element.ArrayReference, value):
                return Follow(element, seen, depth + 1);
            case IImplicitIndexerReferenceOperation element when ReferenceEquals(element.Instance, value):
                return Follow(element, seen, depth + 1);
            case IPropertyReferenceOperation property when ReferenceEquals(property.Instance, value) && IsPart(property.Property):
                return Follow(property, seen, depth + 1);
            case IMethodReferenceOperation method when ReferenceEquals(method.Instance, value):
                return IsPaid(value.Type, method.Method.Name) ? new Use(method, Used) : null;
            case IForEachLoopOperation loop when ReferenceEquals(loop.Collection, value):
                return loop.Locals.Select(local => FollowAll(local, seen, depth)).FirstOrDefault(static use => use is not null);
            case ITupleOperation tuple:
                return FollowDeconstruction(tuple, value, seen, depth);
            case IIsPatternOperation { Pattern: IDeclarationPatternOperation { DeclaredSymbol: { } named } }:
                return FollowAll(named, seen, depth);
            case IIsPatternOperation { Pattern: IRecursivePatternOperation { DeclaredSymbol: { } named } }:
                return FollowAll(named, seen, depth);
            case ISwitchExpressionArmOperation { Parent: ISwitchExpressionOperation switched } arm when ReferenceEquals(arm.Value, value):
                return Follow(switched, seen, depth + 1);
            case IConditionalOperation conditional when !ReferenceEquals(conditional.Condition, value):
                return Follow(conditional, seen, depth + 1);
            case IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator }:
                return FollowAll(declarator.Symbol, seen, depth, declarator);
            case IFieldInitializerOperation initializer:
                return initializer.InitializedFields.Select(field => FollowAll(field, seen, depth)).FirstOrDefault(static use => use is not null);
            case IPropertyInitializerOperation initializer:
                return initializer.InitializedProperties.Select(property => FollowAll(property, seen, depth)).FirstOrDefault(static use => use is not null);
            case IAssignmentOperation assignment when ReferenceEquals(assignment.Value, value):
                return (TypeScope.VariableOf(assignment.Target) is { } variable ? FollowAll(variable, seen, depth, assignment) : FollowInto(assignment.Target, seen, depth))
                    ?? Follow(assignment, seen, depth + 1);
            case IArgumentOperation argument:
                return FollowArgument(argument, value, seen, depth);
            case IInvocationOperation call when ReferenceEquals(call.Instance, value):
                return FollowMember(call, seen, depth);
            case IConditionalAccessOperation access when ReferenceEquals(access.Operation, value):
                return access.WhenNotNull.DescendantsAndSelf().OfType<IConditionalAccessInstanceOperation>().FirstOrDefault() is { } instance ? Follow(instance, seen, depth + 1) : null;
            case IConditionalAccessOperation access:
                return Follow(access, seen, depth + 1);
            case IReturnOperation returned:
                return FollowReturn(returned, seen, depth);
            default:
                return null;
        }
    }

    /// <summary>Follows a variable to where it is read. A value that is written to a local is not followed to where another value replaced it.</summary>
    private Use? FollowAll(ISymbol variable, Visited seen, int depth, IOperation? write = null)
    {
        bool isLocal = write is not null && variable is ILocalSymbol;
        if (isLocal ? !seen.Add(write!) : !seen.Add(variable))
        {
            return null;
        }

        return scope.ReferencesOf(variable.OriginalDefinition)
            .Where(reference => !isLocal || !scope.IsReplaced(variable, write!, reference))
            .Select(reference => Follow(reference, seen, depth + 1))
            .FirstOrDefault(static use => use is not null);
    }

    /// <summary>Follows the collection whose element is set, also in its initializer.</summary>
    private Use? FollowInto(IOperation target, Visited seen, int depth)
    {
        IOperation? collection = target switch
        {
            IArrayElementReferenceOperation element => element.ArrayReference,
            IPropertyReferenceOperation { Arguments.IsEmpty: false } indexed => indexed.Instance,
            IImplicitIndexerReferenceOperation indexed => indexed.Instance,
            _ => null,
        };
        return collection is null ? null : FollowCollection(collection, seen, depth);
    }

    private Use? FollowCollection(IOperation collection, Visited seen, int depth)
    {
        IOperation? made = TypeScope.Strip(collection);
        if (made is IInstanceReferenceOperation { ReferenceKind: InstanceReferenceKind.ImplicitReceiver })
        {
            while (made is not null and not IObjectCreationOperation)
            {
                made = made.Parent;
            }

            return made is null ? null : Follow(made, seen, depth + 1);
        }

        return TypeScope.VariableOf(made) is { } variable ? FollowAll(variable, seen, depth) : null;
    }

    private Use? FollowDeconstruction(ITupleOperation tuple, IOperation value, Visited seen, int depth)
    {
        IOperation top = tuple;
        while (top.Parent is IConversionOperation)
        {
            top = top.Parent;
        }

        int index = tuple.Elements.IndexOf(value);
        if (index < 0)
        {
            return null;
        }

        if (HolderOf(top) is { } holder)
        {
            return FollowElement(holder, index, seen, depth);
        }

        if (top.Parent is not IDeconstructionAssignmentOperation { Target: { } target })
        {
            return null;
        }

        IOperation named = target is IDeclarationExpressionOperation declaration ? declaration.Expression : target;
        IOperation? element = named is ITupleOperation { Elements: { } elements } && elements.Length == tuple.Elements.Length ? elements[index] : null;
        element = element is IDeclarationExpressionOperation declared ? declared.Expression : element;
        return element is not null && TypeScope.VariableOf(element) is { } variable ? FollowAll(variable, seen, depth) : null;
    }

    /// <summary>The variable to which a value is written; null if it is written to none.</summary>
    private static ISymbol? HolderOf(IOperation value) => value.Parent switch
    {
        IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator } => declarator.Symbol,
        IFieldInitializerOperation { InitializedFields: { Length: 1 } fields } => fields[0],
        ISimpleAssignmentOperation assignment when ReferenceEquals(assignment.Value, value) => TypeScope.VariableOf(assignment.Target),
        _ => null,
    };

    /// <summary>Follows an element of a tuple that a variable holds.</summary>
    private Use? FollowElement(ISymbol variable, int index, Visited seen, int depth) => seen.Add(variable, index)
        ? scope.ReferencesOf(variable.OriginalDefinition)
            .Select(static reference => reference.Parent).OfType<IFieldReferenceOperation>()
            .Where(element => (element.Field.CorrespondingTupleField ?? element.Field).Name == $"Item{index + 1}")
            .Select(element => Follow(element, seen, depth + 1))
            .FirstOrDefault(static use => use is not null)
        : null;

    /// <summary>Follows a client that a delegate gets into the lambdas that the delegate can be.</summary>
    private Use? FollowDelegate(IInvocationOperation call, IArgumentOperation argument, Visited seen, int depth)
    {
        IEnumerable<IOperation> values = call.Instance is null ? [] : TypeScope.VariableOf(TypeScope.Strip(call.Instance)) switch
        {
            IParameterSymbol { ContainingSymbol: IMethodSymbol method } parameter => scope.CallsOf(method).OfType<IInvocationOperation>()
                .SelectMany(static one => one.Arguments).Where(one => one.Parameter?.Ordinal == parameter.Ordinal).Select(static one => one.Value),
            { } variable => scope.ValuesOf(variable),
            _ => [],
        };
        return values.Select(TypeScope.Strip).OfType<IAnonymousFunctionOperation>()
            .Select(lambda => argument.Parameter is { } given && given.Ordinal < lambda.Symbol.Parameters.Length ? FollowAll(lambda.Symbol.Parameters[given.Ordinal], seen, depth) : null)
            .FirstOrDefault(static use => use is not null)
            ?? (scope.Types.IsClient(call.Type) ? Follow(call, seen, depth + 1) : null);
    }

    /// <summary>True for a property whose value is what it holds: an element, a lazy value, the services of a client.</summary>
    private static bool IsPart(IPropertySymbol property) =>
        property.IsIndexer
        || property is { Name: "Value", ContainingType.Name: "Lazy" or "KeyValuePair" }
        || property is { Name: "Result", ContainingType.Name: "Task" or "ValueTask" }
        || property is { Name: "Values", ContainingType.Name: "Dictionary" or "IDictionary" or "IReadOnlyDictionary" or "ConcurrentDictionary" }
        || property.Name is "Messages" or "Beta" && KnownTypes.IsWithin(KnownTypes.NamespaceOf(property), "Anthropic");

    private Use? FollowMember(IInvocationOperation call, Visited seen, int depth)
    {
        string name = call.TargetMethod.Name;
        if (name == "GetService" && IsClient(call.Instance!))
        {
            return null;
        }

        if (IsPaid(call.Instance?.Type, name))
        {
            return new Use(call, Used);
        }

        if (!IsClient(call.Instance!) && FollowElements(call, seen, depth) is { } element)
        {
            return element;
        }

        if (name == "TryGetValue" && call.Arguments.LastOrDefault()?.Value is { } found)
        {
            ISymbol? variable = TypeScope.VariableOf(found is IDeclarationExpressionOperation declaration ? declaration.Expression : found);
            return variable is null ? null : FollowAll(variable, seen, depth);
        }

        // A delegate that makes a client; an SDK's client with other options; an element of a collection that is added.
        if (name == "Invoke" && call.TargetMethod.MethodKind == MethodKind.DelegateInvoke || name == "WithOptions" || scope.Types.IsClient(call.Type))
        {
            return Follow(call, seen, depth + 1);
        }

        return null;
    }

    /// <summary>True for a method of a client whose calls are paid.</summary>
    private bool IsPaid(ITypeSymbol? type, string name)
    {
        if (type is null)
        {
            return false;
        }

        if (ClientSource.IsPaidClient(type))
        {
            return Starts(name, "CompleteChat") || Starts(name, "CreateResponse") || Starts(name, "Generate") || Starts(name, "Transcribe") || Starts(name, "Translate");
        }

        return name is "GetResponseAsync" or "GetStreamingResponseAsync"
            || scope.Types.IsClient(type) && IsPaid(name)
            || KnownTypes.Is(type, scope.Types.OllamaClient) && name is "ChatAsync" or "GenerateAsync" or "EmbedAsync"
            || KnownTypes.IsWithin(KnownTypes.NamespaceOf(type), "Anthropic") && name is "Create" or "CreateStreaming"
            || ClientSource.IsKernelService(type) && (Starts(name, "Get") || Starts(name, "Generate")) && name != "GetType";
    }

    /// <summary>True for the name of a method of a generator whose calls are paid.</summary>
    private static bool IsPaid(string name) =>
        Starts(name, "Generate") || Starts(name, "Edit") || name is "GetTextAsync" or "GetStreamingTextAsync" or "GetAudioAsync" or "GetStreamingAudioAsync";

    private static bool Starts(string name, string start) => name.StartsWith(start, StringComparison.Ordinal);

    private Use? FollowArgument(IArgumentOperation argument, IOperation value, Visited seen, int depth)
    {
        switch (argument.Parent)
        {
            case IObjectCreationOperation created when scope.Types.IsBuilder(created.Type):
                return UseOf(created, Used);
            case IObjectCreationOperation { Type.Name: "ServiceDescriptor" } registered:
                return IsRegistrable(value) || TypeScope.Strip(value) is IAnonymousFunctionOperation ? new Use(registered, Registered) : null;
            case IObjectCreationOperation { Type: { } type } created:
                // A wrapper is a client as well. Types of other libraries, such as an agent, call the client; types of this code may add a budget.
                return ClientSource.MayAddBudget(type) ? null
                    : scope.Types.IsClient(type) || type.Name == "Lazy" ? Follow(created, seen, depth + 1)
                    : ClientSource.IsSeen(type) || ClientSource.IsOfLibrary(type) || !Asks(argument, value) ? null
                    : new Use(created, Used);
            case IInvocationOperation call:
                return FollowCall(call, argument, value, seen, depth);
            default:
                return null;
        }
    }

    private Use? FollowCall(IInvocationOperation call, IArgumentOperation argument, IOperation value, Visited seen, int depth)
    {
        IMethodSymbol method = call.TargetMethod;
        if (ClientTrace.IsAdapter(method))
        {
            // An adapter makes a client of its own, which is followed by itself.
            return null;
        }

        if (ClientTrace.IsWrapper(method) || method.Name is "AddChatWire" or "AsChatClient" or "FromResult" or "NotNull")
        {
            return Follow(call, seen, depth + 1);
        }

        if (method.MethodKind == MethodKind.DelegateInvoke)
        {
            return FollowDelegate(call, argument, seen, depth);
        }

        if (method.Name is "GetService" or "GetRequiredService")
        {
            return null;
        }

        if (scope.Types.IsBuilder(call.Type) && (method.Name == "AsBuilder" || ClientSource.IsRegistration(method)))
        {
            return UseOf(call, method.Name == "AsBuilder" ? Used : Registered);
        }

        if (ReferenceEquals(PipelineReader.ReceiverArgument(call), value) && (spending.ClientOf(call) is not null || method.IsExtensionMethod && IsPaidExtension(call)))
        {
            return new Use(call, Used);
        }

        if (ClientSource.IsRegistration(method) || KnownTypes.NamespaceOf(method).StartsWith("Microsoft.Extensions.DependencyInjection", StringComparison.Ordinal))
        {
            return ClientSource.IsRegistration(method) && IsRegistrable(value) && IsRegisteredAsService(method) ? new Use(call, Registered) : null;
        }

        if (!IsClient(value) && FollowElements(call, seen, depth) is { } element)
        {
            return element;
        }

        if (Passing.Contains(method.Name) && KnownTypes.IsWithin(KnownTypes.NamespaceOf(method), "System.Linq") && ReferenceEquals(PipelineReader.ReceiverArgument(call), value))
        {
            return Follow(call, seen, depth + 1);
        }

        if (method.Name is "Add" or "TryAdd" or "Enqueue" or "Push" && call.Instance is { } collection && !ClientSource.IsSeen(method.ContainingType))
        {
            return FollowCollection(collection, seen, depth);
        }

        if (ClientSource.IsSeen(method.ContainingType))
        {
            // What another method of this type does with the client is seen.
            return argument.Parameter?.OriginalDefinition is { } parameter && scope.ReferencesOf(parameter).Count > 0 ? FollowAll(parameter, seen, depth) : null;
        }

        return ClientSource.IsOfLibrary(method.ContainingType) || !Asks(argument, value) ? null
            : scope.Types.IsClient(call.Type) ? Follow(call, seen, depth + 1)
            : new Use(call, Used);
    }

    /// <summary>Follows the elements of a collection into the lambdas of Select, ForEach and the like.</summary>
    private Use? FollowElements(IInvocationOperation call, Visited seen, int depth) => KnownTypes.IsWithin(KnownTypes.NamespaceOf(call.TargetMethod), "System")
        ? call.Arguments.Select(static argument => TypeScope.Strip(argument.Value)).OfType<IAnonymousFunctionOperation>()
            .SelectMany(static lambda => lambda.Symbol.Parameters).Where(parameter => scope.Types.IsClient(parameter.Type))
            .Select(parameter => FollowAll(parameter, seen, depth)).FirstOrDefault(static use => use is not null)
        : null;

    /// <summary>True if what gets the value can know that it is a client, and so call it.</summary>
    private bool Asks(IArgumentOperation argument, IOperation value) =>
        argument.Parameter?.OriginalDefinition.Type is { } type
        && (scope.Types.IsClient(type) || ClientSource.IsPaidClient(type))
        && (IsClient(value) || ClientSource.IsPaidClient(TypeScope.Strip(value).Type));

    /// <summary>Extensions that ask a generator or a service, for example GenerateVectorAsync.</summary>
    private bool IsPaidExtension(IInvocationOperation call) =>
        call.Arguments.FirstOrDefault()?.Parameter?.Type is { } type
        && (ClientSource.IsKernelService(type)
            ? Starts(call.TargetMethod.Name, "Get") || Starts(call.TargetMethod.Name, "Generate")
            : KnownTypes.IsWithin(KnownTypes.NamespaceOf(call.TargetMethod), "Microsoft.Extensions.AI") && scope.Types.IsClient(type) && IsPaid(call.TargetMethod.Name));

    private static bool IsRegisteredAsService(IMethodSymbol method) =>
        method.Name.Contains("Singleton") || method.Name.Contains("Scoped") || method.Name.Contains("Transient") || method.Name.StartsWith("Describe", StringComparison.Ordinal) || method.Name.Contains("ChatClient");

    private bool IsRegistrable(IOperation value) =>
        IsClient(value) || TypeScope.Strip(value).Type is { } type && (type.TypeKind == TypeKind.Delegate || ClientSource.IsKernelService(type));

    /// <summary>A lambda that makes a client counts as the client where it is registered, kept or called; a method's callers get the client.</summary>
    private Use? FollowReturn(IReturnOperation returned, Visited seen, int depth)
    {
        switch (TypeScope.FunctionOf(returned))
        {
            case IAnonymousFunctionOperation lambda:
                return FollowFunction(lambda, seen, depth);
            case ILocalFunctionOperation function:
                return FollowCalls(function.Symbol, seen, depth);
            default:
                IOperation root = returned;
                while (root.Parent is not null)
                {
                    root = root.Parent;
                }

                return root.SemanticModel?.GetEnclosingSymbol(returned.Syntax.SpanStart) is IMethodSymbol method
                    ? method.AssociatedSymbol is { } property ? FollowAll(property, seen, depth) : FollowCalls(method, seen, depth)
                    : null;
        }
    }

    private Use? FollowFunction(IOperation function, Visited seen, int depth)
    {
        IOperation top = function;
        while (top.Parent is IConversionOperation or IDelegateCreationOperation or IParenthesizedOperation)
        {
            top = top.Parent;
        }

        if (top.Parent is IArgumentOperation { Parent: IInvocationOperation call } && ClientSource.IsRegistration(call.TargetMethod))
        {
            return scope.Types.IsBuilder(call.Type) ? UseOf(call, Registered) : new Use(call, Registered);
        }

        return Follow(top, seen, depth + 1);
    }

    private Use? FollowCalls(IMethodSymbol method, Visited seen, int depth) => seen.Add(method)
        ? scope.CallsOf(method).Select(call => call is IMethodReferenceOperation ? FollowFunction(call, seen, depth + 1) : Follow(call, seen, depth + 1))
            .FirstOrDefault(static use => use is not null)
        : null;

    /// <summary>A use in a pipeline that has no budget, where all of the pipeline is seen.</summary>
    private Use? UseOf(IOperation builder, string how) => pipelines.Of(builder) is { MayHaveBudget: false } ? new Use(builder, how) : null;

    private bool IsClient(IOperation value) => scope.Types.IsClient(TypeScope.Strip(value).Type) || scope.Types.IsClient(value.Type);

    private sealed class Use(IOperation place, string how)
    {
        public IOperation Place { get; } = place;

        public string How { get; } = how;
    }
}
